//! Requests from many connections at once, the same for every server: each connection sends its next request when the last is answered.
//!
//! One thread does it all, so that the server keeps the other processors. It knows as much of HTTP/1.1 as the servers measured speak: connections
//! that stay open, and bodies whose length is announced.

use anyhow::{Context, Result, bail, ensure};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Longest head of an answer.
const HEAD_MAX: usize = 16 * 1024;
/// How long one answer may take before the server counts as stuck.
const PATIENCE: Duration = Duration::from_secs(30);

/// Writes one request after the other.
pub(super) trait Requests: Send + 'static {
    /// Writes the next request into `out`, which is empty.
    fn write(&mut self, out: &mut Vec<u8>);
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// How many requests.
    pub(super) count: u64,
    /// From the first request to the last answer.
    pub(super) took: Duration,
    /// How long each was waited for, in microseconds, in no order.
    micros: Vec<u32>,
}

impl Answered {
    /// The time within which `per_mille` of a thousand requests were answered, in milliseconds.
    pub(super) fn within(&mut self, per_mille: usize) -> f64 {
        let at = (self.micros.len() * per_mille / 1000).min(self.micros.len().saturating_sub(1));
        if self.micros.is_empty() {
            return 0.0;
        }
        let (_, &mut micros, _) = self.micros.select_nth_unstable(at);
        f64::from(micros) / 1000.0
    }

    /// Puts those of another run to these.
    pub(super) fn add(&mut self, other: Self) {
        self.count += other.count;
        self.took += other.took;
        self.micros.extend(other.micros);
    }
}

/// Sends requests to `address` for as long as `lasting`, one connection for each of `sources`, and waits for all that were sent.
///
/// # Errors
/// When the server does not answer, or answers with anything but success.
pub(super) fn run<R: Requests>(address: SocketAddr, sources: Vec<R>, lasting: Duration) -> Result<Answered> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let mut connections = Vec::with_capacity(sources.len());
        for source in sources {
            connections.push((Connection::open(address).await?, source));
        }
        let start = now();
        let mut set: JoinSet<Result<Vec<u32>>> =
            connections.into_iter().map(|(connection, source)| ask_until(connection, source, start + lasting)).collect();
        let mut answered = Answered::default();
        while let Some(done) = set.join_next().await {
            answered.micros.extend(done.context("a connection's task ended by itself")??);
        }
        (answered.count, answered.took) = (answered.micros.len() as u64, start.elapsed());
        Ok(answered)
    })
}

async fn ask_until<R: Requests>(mut connection: Connection, mut source: R, end: Instant) -> Result<Vec<u32>> {
    let (mut request, mut micros) = (Vec::new(), Vec::new());
    loop {
        let start = now();
        if start >= end {
            return Ok(micros);
        }
        request.clear();
        source.write(&mut request);
        tokio::time::timeout(PATIENCE, connection.ask(&request)).await.context("an answer did not come in time")??;
        micros.push(u32::try_from(start.elapsed().as_micros()).unwrap_or(u32::MAX));
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures")]
fn now() -> Instant {
    Instant::now()
}

/// A connection that stays open.
struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("{address} takes no connection"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(4096) })
    }

    /// Sends a request and reads its whole answer.
    async fn ask(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let mut wanted = None;
        loop {
            let count = self.stream.read_buf(&mut self.received).await?;
            ensure!(count > 0, "the server closed a connection");
            if wanted.is_none() {
                wanted = answer_len(&self.received)?;
            }
            match wanted {
                Some(wanted) if self.received.len() == wanted => return self.is_good(),
                Some(wanted) => ensure!(self.received.len() < wanted, "more than one answer came to one request"),
                None => {}
            }
        }
    }

    fn is_good(&self) -> Result<()> {
        if self.received.get(9) == Some(&b'2') {
            return Ok(());
        }
        let text: String = String::from_utf8_lossy(&self.received).chars().take(2_000).collect();
        bail!("the server refuses: {text}")
    }
}

/// How many bytes head and body have, once the head is there.
fn answer_len(received: &[u8]) -> Result<Option<usize>> {
    let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
        ensure!(received.len() < HEAD_MAX, "the head of an answer does not end");
        return Ok(None);
    };
    let lines = received[..end].split(|&byte| byte == b'\n');
    let length = lines.filter_map(|line| line.split_at_checked(15)).find(|(name, _)| name.eq_ignore_ascii_case(b"content-length:"));
    let (_, length) = length.context("an answer does not announce its length")?;
    let length: usize = std::str::from_utf8(length)?.trim().parse().context("the length of an answer is no number")?;
    Ok(Some(end + 4 + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_answer_is_known_from_its_head() {
        for (text, length) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", Some(43)),
            ("HTTP/1.1 201 Created\r\ncontent-length:0\r\nx: y\r\n\r\n", Some(48)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", None),
        ] {
            assert_eq!(answer_len(text.as_bytes()).expect("a head"), length, "{text:?}");
        }
        assert!(answer_len(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
        assert!(answer_len(&[b'x'; HEAD_MAX]).is_err());
    }

    #[test]
    fn most_are_answered_within() {
        let mut answered = Answered { count: 1000, took: Duration::from_secs(1), micros: (1..=1000).rev().collect() };
        assert_eq!((answered.within(500), answered.within(990), answered.within(1000)), (0.501, 0.991, 1.0));
        assert_eq!(Answered::default().within(990), 0.0);
    }

    struct Plain(&'static str);

    impl Requests for Plain {
        fn write(&mut self, out: &mut Vec<u8>) {
            out.extend_from_slice(format!("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", self.0).as_bytes());
        }
    }

    /// Answers every request on every connection with `answer`, in two parts.
    async fn answer_all(listener: tokio::net::TcpListener, answer: &'static str) {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut request = [0; 1024];
                while stream.read(&mut request).await.is_ok_and(|count| count > 0) {
                    let (first, rest) = answer.as_bytes().split_at(20);
                    let sent = [stream.write_all(first).await, stream.flush().await, stream.write_all(rest).await];
                    if sent.iter().any(Result::is_err) {
                        return;
                    }
                }
            });
        }
    }

    #[test]
    fn a_server_is_asked_until_the_time_is_over() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        for (answer, is_good) in
            [("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true), ("HTTP/1.1 422 No\r\nContent-Length: 5\r\n\r\nhello", false)]
        {
            let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
            let address = listener.local_addr().expect("an address");
            runtime.spawn(answer_all(listener, answer));
            let answered = run(address, vec![Plain("/"), Plain("/x")], Duration::from_millis(50));
            match answered {
                Ok(answered) => assert!(is_good && answered.count > 2 && answered.took >= Duration::from_millis(50)),
                Err(error) => assert!(!is_good && error.to_string().contains("the server refuses: HTTP/1.1 422"), "{error}"),
            }
        }
    }
}
