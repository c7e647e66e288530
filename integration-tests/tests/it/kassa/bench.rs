//! `kassa bench`: a load on a server of its own, of which nothing is left.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::Till;

/// How long what must happen may take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn new_folder(till: &Till, name: &str) -> PathBuf {
    let folder = till.place.around().join(name);
    fs::create_dir(&folder).unwrap();
    folder
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

/// Servers whose data folder lies in this folder, where the system tells of its processes.
fn servers_in(folder: &Path) -> usize {
    let folder = folder.to_str().unwrap().to_owned();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| fs::read_to_string(process.path().join("cmdline")).ok());
    lines.filter(|line| line.contains("--data-dir") && line.contains(&folder)).count()
}

/// Whether a server has books in a folder in this one.
fn is_server_up(folder: &Path) -> bool {
    let mut folders = fs::read_dir(folder).unwrap().map(|folder| folder.unwrap().path());
    folders.any(|folder| folder.join("data/keys/local.token").is_file())
}

#[test]
fn it_sells_in_a_shop_of_its_own_and_leaves_nothing_behind() {
    let till = Till::open();
    let disk = new_folder(&till, "disk");
    let folder = disk.to_str().unwrap();
    let bench = ["bench", "--terminals", "3", "--lines", "2", "--seconds", "1", "--folder", folder];
    let report = till.json(&bench);
    assert_eq!((&report["terminals"], &report["lines"]), (&3.into(), &2.into()));
    let sales = report["sale_count"].as_u64().unwrap();
    assert!(sales > 0 && report["sales_per_second"].as_f64().unwrap() > 0.0, "{report}");
    assert_eq!(report["needed_per_second"], 0.3);
    let steps = report["latency_steps"].as_array().unwrap();
    assert_eq!(steps.iter().map(|step| step["count"].as_u64().unwrap()).sum::<u64>(), sales, "{report}");
    for times in ["latency_us", "alone_latency_us", "sync_latency_us"] {
        let within = ["p50", "p90", "p99", "p99_9", "max"].map(|part| report[times][part].as_u64().unwrap());
        // What is in memory is synced in no time.
        let is_told = within[0] > 0 || times == "sync_latency_us";
        assert!(within.is_sorted() && is_told, "{times}: {report}");
    }
    let verdict = report["verdict"].as_str().unwrap();
    assert!(["FAST_ENOUGH", "BARELY", "TOO_SLOW", "IN_MEMORY"].contains(&verdict), "{report}");

    assert!(is_empty(&disk), "the folder is as it was");
    assert_eq!(servers_in(&disk), 0, "its server is gone");
    assert_eq!(till.json(&["status"])["order_count"], 0, "nobody sold in the shop");
}

#[test]
fn it_says_in_words_what_was_measured_on_one_screen() {
    let till = Till::open();
    let run = till.run(&["bench", "--terminals", "1", "--seconds", "1"]);
    assert_eq!(run.status, 0, "{}", run.complaints);
    assert_eq!(run.complaints, "measuring with 1 terminal, for 1 second and some more to make ready ...\n");
    for part in [
        " sales a second: 1 terminal that never paused, 5 lines a sale.\n",
        "Needed by 1 terminal with a customer every 10 seconds: 0.1.\n",
        "HALF WITHIN",
        "99 % WITHIN",
        "\na sale  ",
        "server and terminals on this PC\n",
    ] {
        assert!(run.output.contains(part), "{part}: {}", run.output);
    }
    assert!(!run.output.contains("a sale, "), "there was one all the time: {}", run.output);
    // Where temporary folders are in memory, there is no disk to tell of.
    let disks = ["the disk's sync", "this folder is in memory"].map(|part| run.output.contains(part));
    assert_ne!(disks[0], disks[1], "{}", run.output);
    let too_long = run.output.lines().find(|line| line.trim_end().chars().count() > 80);
    assert_eq!(too_long, None, "{}", run.output);
    assert!(run.output.lines().count() <= 22, "{}", run.output);
    let left: Vec<_> = fs::read_dir(till.place.around()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(left, ["kassa-data"], "beside the shop's data nothing is left");
}

#[test]
fn it_never_begins_in_a_shop_s_data_folder() {
    let till = Till::open();
    for folder in ["kassa-data", "kassa-data/gen-000001"] {
        let before = fs::read_dir(till.place.around().join(folder)).unwrap().count();
        let refused = till.refused(&["bench", "--folder", folder]);
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains("kassa-data holds a shop's books; "), "{message}");
        assert!(message.ends_with("is on the same disk: name another folder with --folder"), "{message}");
        assert_eq!(fs::read_dir(till.place.around().join(folder)).unwrap().count(), before);
    }
    let run = till.run(&["bench", "--server", "http://127.0.0.1:50051"]);
    assert_eq!((run.status, run.output.as_str()), (2, ""));
    assert!(run.complaints.contains("never in a shop: leave --server out"), "{}", run.complaints);
}

#[test]
fn whoever_interrupts_it_finds_no_server_and_no_folder() {
    let till = Till::open();
    for signal in ["INT", "TERM", "HUP"] {
        let disk = new_folder(&till, signal);
        let mut command = till.command(&["bench", "--terminals", "2", "--seconds", "3600", "--folder"]);
        let mut running = command.arg(&disk).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = BufReader::new(running.stderr.take().unwrap());
        errors.read_line(&mut String::new()).unwrap();
        let began = Instant::now();
        while !is_server_up(&disk) {
            assert!(began.elapsed() < PATIENCE, "its server never starts");
            thread::yield_now();
        }
        let sent = Command::new("kill").args(["-s", signal, &running.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let status = running.wait().unwrap();
        let mut said = String::new();
        errors.read_to_string(&mut said).unwrap();
        assert_eq!(status.code(), Some(1), "{signal}: {said}");
        assert_eq!(said, "error: interrupted: nothing was measured, and nothing is left of it\n", "{signal}");
        assert_eq!(servers_in(&disk), 0, "{signal}: its server is gone");
        assert!(is_empty(&disk), "{signal}: its folder is gone");
    }
}

#[test]
fn what_it_cannot_do_is_told_with_what_to_do() {
    let till = Till::open();
    let disk = new_folder(&till, "disk");
    let bench = ["bench", "--folder", disk.to_str().unwrap(), "--program"];
    let with = |program| till.refused(&[&bench[..], &[program]].concat());
    let refused = with("no-such-server");
    let message = refused["message"].as_str().unwrap();
    assert!(message.starts_with("no-such-server does not run: "), "{message}");
    assert!(message.ends_with(": give the file of kassa-server with --program"), "{message}");
    assert_eq!(with("false")["message"], "the server ended before it was ready: nothing");
    assert!(is_empty(&disk), "nothing is left of them");

    let refused = till.refused(&["bench", "--folder", "no-such-folder"]);
    let message = refused["message"].as_str().unwrap();
    assert!(message.starts_with("no-such-folder: "), "{message}");
    assert!(message.ends_with(": name another folder with --folder"), "{message}");
    for wrong in [
        ["--terminals", "0"],
        ["--terminals", "257"],
        ["--lines", "0"],
        ["--lines", "501"],
        ["--seconds", "0"],
        ["--seconds", "many"],
    ] {
        let run = till.run(&[&["bench"][..], &wrong].concat());
        assert_eq!((run.status, run.output.as_str()), (2, ""), "{wrong:?}");
        assert!(run.complaints.contains(wrong[0]) && run.complaints.contains("--help"), "{}", run.complaints);
    }
}
