//! Flags, environment, file.

use std::{fs, path::Path};

use kassa_integration_tests::{Program, Run, command};

use super::{Place, status};

/// The configuration in force, with this file and this environment.
fn print_config(file: &Path, environment: &[(&str, &str)], flags: &[&str]) -> Run {
    let mut program = command("kassa-server");
    program.args(["--print-config", "--config"]).arg(file).args(flags).envs(environment.iter().copied());
    Run::of(&mut program)
}

fn write(folder: &Path, text: &str) -> std::path::PathBuf {
    let file = folder.join("my.toml");
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let place = Place::new();
    let file = write(
        place.around(),
        "listen = '127.0.0.1:1001'\ndata_dir = 'of-the-file'\n[log]\nlevel = 'warn'\nkeep_days = 7\n",
    );
    let environment = [
        ("KASSA_LISTEN", "127.0.0.1:1002"),
        ("KASSA_DATA_DIR", "of-the-environment"),
        ("KASSA_LOG__LEVEL", "debug"),
    ];
    let run = print_config(&file, &environment, &["--listen", "127.0.0.1:1003"]);
    assert_eq!(run.status, 0, "{run:?}");
    for line in [
        "listen = \"127.0.0.1:1003\"",
        "data_dir = \"of-the-environment\"",
        "level = \"debug\"",
        "keep_days = 7",
    ] {
        assert!(run.output.lines().any(|printed| printed == line), "{line}: {}", run.output);
    }
    assert!(run.output.contains("queue = 1024"), "what nobody said is the default: {}", run.output);
}

#[test]
fn what_is_printed_can_be_used_as_the_file() {
    let place = Place::new();
    let first = print_config(&write(place.around(), "[limits]\nbatch = 9\n"), &[], &[]);
    let again = print_config(&write(place.around(), &first.output), &[], &[]);
    assert_eq!((again.status, &again.output), (0, &first.output));
    assert!(first.output.contains("batch = 9"));
}

#[test]
fn the_file_in_the_data_folder_is_read_by_itself() {
    let place = Place::new();
    fs::create_dir(place.data()).unwrap();
    fs::write(place.file("kassa.toml"), "[idempotency]\nkeep_hours = 99\n").unwrap();
    let run = Run::of(command("kassa-server").args(["--print-config", "--data-dir"]).arg(place.data()));
    assert!(run.output.contains("keep_hours = 99"), "{run:?}");
    let run = Run::of(command("kassa-server").arg("--print-config").env("KASSA_DATA_DIR", place.data()));
    assert!(run.output.contains("keep_hours = 99"), "{run:?}");
}

#[test]
fn a_key_that_does_not_exist_stops_the_start_and_is_named() {
    let place = Place::new();
    for (text, key) in [
        ("lisen = '127.0.0.1:1'", "lisen"),
        ("[log]\nlevels = 'info'", "levels"),
        ("[tls]\non = true", "tls"),
    ] {
        let file = write(place.around(), text);
        let run = Run::of(Program::command(&place.data()).arg("--config").arg(&file));
        assert_eq!(run.status, 2, "{run:?}");
        assert!(run.complaints.contains(key), "{key}: {run:?}");
        assert!(run.complaints.contains("my.toml"), "it says where it stands: {run:?}");
    }
    for (variable, key) in
        [("KASSA_LISEN", "lisen"), ("KASSA_LOG__LEVELS", "levels"), ("KASSA_LOG_LEVEL", "log_level")]
    {
        let run = Run::of(Program::command(&place.data()).env(variable, "1"));
        assert_eq!(run.status, 2, "{variable}: {run:?}");
        assert!(run.complaints.to_lowercase().contains(key), "{key}: {run:?}");
        assert!(run.complaints.contains("environment"), "it says where it stands: {run:?}");
    }
    assert!(!place.data().exists(), "nothing was made");
}

#[test]
fn a_value_that_can_not_be_is_refused() {
    let place = Place::new();
    let wrong = [
        ("listen = 'here'", "listen"),
        ("[log]\nformat = 'xml'", "format"),
        ("[log]\nlevel = 'kassa_server=louder'", "log.level"),
        (
            "[log]\nlevel = 'warning'",
            "log.level = \"warning\": must be off, error, warn, info, debug or trace",
        ),
        ("[log]\nlevel = 'info,loud'", "log.level = \"info,loud\""),
        ("[log]\nlevel = ''", "log.level = \"\""),
        ("[log]\nkeep_days = 0", "log.keep_days"),
        ("[limits]\nqueue = 0", "limits.queue"),
        ("[limits]\nbatch = -1", "batch"),
        ("[sqlite]\nsynchronous = 'off'", "synchronous"),
        ("listen = ", "my.toml"),
    ];
    for (text, named) in wrong {
        let file = write(place.around(), text);
        let mut program = command("kassa-server");
        program.arg("--config").arg(file).args(["--data-dir"]).arg(place.data());
        let run = Run::of(&mut program);
        assert_eq!(run.status, 2, "{text}: {run:?}");
        assert!(run.complaints.contains(named), "{text}: {run:?}");
    }
    let missing = print_config(&place.around().join("none.toml"), &[], &[]);
    assert_eq!(missing.status, 2);
    assert!(missing.complaints.contains("none.toml"), "{missing:?}");
}

#[test]
fn what_is_refused_is_told_in_the_words_of_the_file() {
    let place = Place::new();
    let file = write(place.around(), "[backup]\nsecnd_dir = '/media/usb'\n");
    let run = print_config(&file, &[], &[]);
    let (told, place) = run.complaints.trim().split_once(" for key ").unwrap();
    assert!(told.starts_with("kassa-server: unknown field: found `secnd_dir`, expected"), "{run:?}");
    assert!(place.starts_with("\"backup.secnd_dir\" in ") && place.ends_with("my.toml"), "{run:?}");
}

#[test]
fn levels_and_filters_are_taken() {
    let place = Place::new();
    for level in ["off", "WARN", "info, kassa_server=debug", "kassa_server=debug"] {
        let file = write(place.around(), &format!("[log]\nlevel = '{level}'\n"));
        let run = print_config(&file, &[], &[]);
        assert_eq!(run.status, 0, "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variables_of_the_kassa_program_do_not_disturb() {
    let place = Place::new();
    let mut command = Program::command(&place.data());
    command.env("KASSA_SERVER", "http://127.0.0.1:1").env("KASSA_TOKEN_FILE", "/nowhere");
    let program = Program::start_with(command);
    assert_eq!(status(&program, &place.data()).await.epoch, 1);
}
