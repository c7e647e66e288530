//! What systemd is told, over a real socket, and its unit file.

use std::{
    fs,
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use kassa_client::proto::v1 as pb;
use kassa_integration_tests::{Program, Run, binary, command};

use super::{Place, sell};

/// In the place of systemd: it hears what the server says.
struct Manager(UnixDatagram);

impl Manager {
    fn listen(place: &Place, server: &mut Command) -> Self {
        let path = place.around().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        server.env("NOTIFY_SOCKET", path);
        Self(socket)
    }

    fn hear(&self) -> String {
        let mut message = [0; 4_096];
        let length = self.0.recv(&mut message).expect("the server says something");
        String::from_utf8(message[..length].to_vec()).unwrap().trim_end().to_owned()
    }

    /// What it says next beside that it lives.
    fn hear_news(&self) -> String {
        loop {
            match self.hear() {
                message if message == "WATCHDOG=1" => {}
                message => return message,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_is_told_that_the_shop_sells_that_it_is_closed_and_that_the_server_stops() {
    let place = Place::new();
    let mut server = Program::command(&place.data());
    let manager = Manager::listen(&place, &mut server);
    let program = Program::start_with(server);
    assert_eq!(manager.hear(), "READY=1\nSTATUS=selling");
    sell(&program, &place.data()).await;

    let admin = program.client(&place.data()).admin();
    let maintenance = |reason: &str| {
        let request =
            pb::SetMaintenanceRequest { maintenance: !reason.is_empty(), reason: reason.to_owned() };
        admin.set_maintenance(request)
    };
    maintenance("a new shelf\nREADY=0").await.expect_err("nobody says more than a line");
    maintenance("a new shelf").await.unwrap();
    assert_eq!(manager.hear(), "STATUS=in maintenance: a new shelf");
    maintenance("").await.unwrap();
    assert_eq!(manager.hear(), "STATUS=selling");

    assert!(program.terminate().success());
    assert_eq!(manager.hear(), "STOPPING=1");
    assert_eq!(manager.hear(), "STATUS=the server is stopping");
}

#[test]
fn a_server_that_lives_says_so_twice_in_the_time_that_systemd_waits() {
    let place = Place::new();
    let mut server = Program::command(&place.data());
    let manager = Manager::listen(&place, &mut server);
    // As systemd starts what has a `WatchdogSec` of 0.2.
    server.env("WATCHDOG_USEC", "200000");
    let program = Program::start_with(server);
    assert_eq!(manager.hear(), "READY=1\nSTATUS=selling");
    for _ in 0..3 {
        assert_eq!(manager.hear(), "WATCHDOG=1");
    }
    assert!(program.terminate().success());
    assert_eq!(manager.hear_news(), "STOPPING=1");
}

#[test]
fn a_server_with_a_damaged_database_is_ready_and_says_what_it_is_ready_for() {
    let place = Place::new();
    Program::start(&place.data()).terminate();
    let mut bytes = fs::read(place.database()).unwrap();
    bytes[..4_096].fill(0x5A);
    fs::write(place.database(), bytes).unwrap();
    let mut server = Program::command(&place.data());
    let manager = Manager::listen(&place, &mut server);
    let _program = Program::start_with(server);
    let said = manager.hear();
    assert!(said.starts_with("READY=1\nSTATUS=THE DATABASE IS DAMAGED, nothing is sold: "), "{said}");
}

/// The unit file of the run books.
fn unit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/runbooks/kassa.service")
}

#[test]
fn the_unit_starts_the_server_with_options_that_there_are() {
    let text = fs::read_to_string(unit()).unwrap();
    let value = |key: &str| {
        let lines: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix(key)).collect();
        assert_eq!(lines.len(), 1, "{key}");
        lines[0]
    };
    let mut words = value("ExecStart=").split(' ');
    assert_eq!(words.next(), Some("/usr/local/bin/kassa-server"));
    let run = Run::of(command("kassa-server").args(words).arg("--print-config"));
    assert_eq!(run.status, 0, "{run:?}");
    assert!(run.output.contains("data_dir = \"/var/lib/kassa\""), "{run:?}");
    assert_eq!(value("StateDirectory="), "kassa");
    assert_eq!(value("Type="), "notify");
    // As README's table of exit statuses has them: what a restart can't help.
    assert_eq!(value("RestartPreventExitStatus="), "2 4 5");
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let place = Place::new();
    fs::create_dir_all(place.around()).unwrap();
    // The programs are not installed here.
    let text = fs::read_to_string(unit()).unwrap();
    let server = binary("kassa-server");
    let text = text.replace("/usr/local/bin/kassa-server", server.to_str().unwrap());
    let file = place.around().join("kassa.service");
    fs::write(&file, text).unwrap();
    let Ok(verified) = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&file).output()
    else {
        println!("skipped: there is no systemd-analyze here");
        return;
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && !said.contains("kassa.service"), "{said}");
}
