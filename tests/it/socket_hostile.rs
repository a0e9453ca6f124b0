//! Whoever may connect and means no good: hung up on, and nobody else notices.

use std::io::Read as _;
use std::io::Write as _;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use strongroom::server::Client;
use strongroom::server::ConnectError;

use crate::cli_centre::Centre;
use crate::socket::sign_in;
use crate::socket_kit::Running;

/// What a stranger may send, and be hung up on.
fn hostile() -> Vec<Vec<u8>> {
    let frame = |sort: u8, body: &[u8]| {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&length[..], &[sort], body].concat()
    };
    let long = format!("{{\"fetch\":{{\"sha256\":\"{}\"}}}}", "a".repeat(70_000));
    vec![
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0xff; 4096],
        [&[0xff, 0xff, 0xff, 0xff, 1][..], &[b' '; 1000]].concat(),
        frame(1, long.as_bytes()),
        frame(1, b"{}"),
        frame(1, b"\"upload\""),
        frame(1, &b"[".repeat(60_000)),
        frame(1, b"{\"ledger-files\":{\"entries\":true}}"),
        frame(2, b"a chunk of nothing"),
        frame(9, b""),
        frame(1, &[0xc3, 0x28]),
    ]
}

#[test]
fn nobody_s_garbage_disturbs_anybody_else() {
    let centre = Centre::new();
    let mut keeper = Running::over(&centre.place);
    for bytes in hostile() {
        let mut stream = greeted(&keeper.socket);
        // The keeper may hang up before all of it is sent.
        drop(stream.write_all(&bytes));
        assert!(hung_up(&mut stream), "{:?}", &bytes[..bytes.len().min(40)]);
    }
    // Half frames and silence cost nobody else anything.
    let waiting: Vec<UnixStream> = (0..10)
        .map(|number| {
            let mut stream = greeted(&keeper.socket);
            stream
                .write_all(&[0, 0, 0, 200, 1, b'"'][..number % 6])
                .unwrap();
            stream
        })
        .collect();
    centre.run("moira", "case list").ok();
    for stream in &waiting {
        stream.shutdown(Shutdown::Write).unwrap();
    }
    for mut stream in waiting {
        assert!(hung_up(&mut stream));
    }
    assert!(keeper.lives());
    assert_eq!(keeper.stop(), 0);
}

/// Connects, and hears the greeting out.
fn greeted(socket: &Path) -> UnixStream {
    let mut stream = UnixStream::connect(socket).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    let length = u32::from_be_bytes(head[..4].try_into().unwrap());
    let mut body = vec![0; length as usize];
    stream.read_exact(&mut body).unwrap();
    assert!(String::from_utf8(body).unwrap().contains("\"vkey\""));
    stream
}

/// Whether the other side ends the conversation, and says nothing more.
fn hung_up(stream: &mut UnixStream) -> bool {
    let mut heard = Vec::new();
    match stream.read_to_end(&mut heard) {
        Ok(_) => heard.is_empty(),
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset && heard.is_empty(),
    }
}

#[test]
fn too_many_connections_are_told_so_and_leave_the_rest_alone() {
    let centre = Centre::new();
    let keeper = Running::over(&centre.place);
    let held: Vec<Client> = (0..16)
        .map(|_| Client::connect(&keeper.socket).unwrap())
        .collect();
    assert!(matches!(
        Client::connect(&keeper.socket),
        Err(ConnectError::Full)
    ));
    let busy = centre.run("moira", "--json case list").fails(5);
    assert!(busy.error()["message"].to_string().contains("too many"));
    let mut desk = sign_in(&centre, &held[3], "moira");
    assert!(!desk.cases().unwrap().is_empty());
    drop(held);
    let until = Instant::now() + Duration::from_secs(10);
    while Client::connect(&keeper.socket).is_err() {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(20));
    }
    // Stopped while somebody is connected: they are told that the keeper has gone.
    let client = Client::connect(&keeper.socket).unwrap();
    let mut desk = sign_in(&centre, &client, "moira");
    assert_eq!(keeper.stop(), 0);
    let gone = desk.cases().unwrap_err();
    assert!(
        gone.to_string().contains("the keeper has gone away"),
        "{gone}"
    );
}
