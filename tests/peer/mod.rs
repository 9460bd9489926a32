//! A server on this machine that does what a test tells it: files of a folder by ranges, documents from memory, and
//! every fault in the book. It answers on 127.0.0.1 only and ends with the value that holds it.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is done to one request instead of answering it rightly.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answer as it should be: between faults of a script.
    Right,
    /// A status, with `Retry-After` if any.
    Status(u16, Option<String>),
    /// The head and half of the body, then silence.
    Stall,
    /// So many bytes of the body, then the connection is closed.
    Cut(u64),
    /// As `Cut`, and from then on only requests signed with this are served.
    CutAndExpire(u64, String),
    /// The connection is closed without an answer.
    Reset,
    /// So many bytes more than declared.
    Longer(usize),
    /// A declared body that is longer than the range.
    Announce(u64),
    /// A web page with status 200.
    Html,
    /// A web page with status 206 and the right `Content-Range`.
    HtmlRange,
    /// A range that was not asked for.
    WrongRange,
    /// The whole file with status 200.
    Whole,
    /// A redirect to an address.
    Redirect(String),
    /// The right bytes under another entity tag.
    OtherTag(String),
}

/// One request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    /// First and last byte asked for.
    pub(crate) fn range(&self) -> Option<(u64, u64)> {
        let (first, last) = self.headers.get("range")?.strip_prefix("bytes=")?.split_once('-')?;
        Some((first.parse().ok()?, last.parse().ok()?))
    }
}

#[derive(Default)]
struct Told {
    documents: BTreeMap<String, (String, Vec<u8>)>,
    scripts: BTreeMap<String, VecDeque<Act>>,
    always: BTreeMap<String, Act>,
    latency: Duration,
    signature: Option<String>,
    versions: BTreeMap<String, u32>,
    asked: Vec<Asked>,
    bytes: u64,
}

struct Shared {
    folder: Option<PathBuf>,
    told: Mutex<Told>,
    over: AtomicBool,
}

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Server {
    /// Serves the files below `folder`.
    pub(crate) fn over(folder: &Path) -> Self {
        Self::start(Some(folder.to_owned()))
    }

    /// Serves documents from memory.
    pub(crate) fn bare() -> Self {
        Self::start(None)
    }

    fn start(folder: Option<PathBuf>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { folder, told: Mutex::default(), over: AtomicBool::new(false) });
        let own = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if own.over.load(Ordering::Relaxed) {
                    break;
                }
                let own = Arc::clone(&own);
                std::thread::spawn(move || own.serve(&stream));
            }
        });
        Self { address, shared }
    }

    /// The address of a path, which begins with a slash.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Puts a document at a path.
    pub(crate) fn put(&self, path: &str, kind: &str, bytes: impl Into<Vec<u8>>) {
        self.told().documents.insert(path.to_owned(), (kind.to_owned(), bytes.into()));
    }

    /// What is done to the next requests of a path, one after the other; then it is answered rightly.
    pub(crate) fn script(&self, path: &str, acts: impl IntoIterator<Item = Act>) {
        self.told().scripts.entry(path.to_owned()).or_default().extend(acts);
    }

    /// What is done to every request of a path.
    pub(crate) fn always(&self, path: &str, act: Act) {
        self.told().always.insert(path.to_owned(), act);
    }

    /// Heals every path.
    pub(crate) fn heal(&self) {
        let mut told = self.told();
        told.scripts.clear();
        told.always.clear();
    }

    /// Waits before every answer.
    pub(crate) fn latency(&self, latency: Duration) {
        self.told().latency = latency;
    }

    /// Refuses `.tif` files without `sig=` this; `/sign?href=` gives it away.
    pub(crate) fn sign_with(&self, signature: &str) {
        self.told().signature = Some(signature.to_owned());
    }

    /// Gives a file another version: its entity tag changes.
    pub(crate) fn touch(&self, path: &str) {
        *self.told().versions.entry(path.to_owned()).or_default() += 1;
    }

    /// Every request so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.told().asked.clone()
    }

    /// Requests and bytes of bodies so far; both begin at zero again.
    pub(crate) fn count(&self) -> (usize, u64) {
        let mut told = self.told();
        let counts = (told.asked.len(), told.bytes);
        (told.asked, told.bytes) = (Vec::new(), 0);
        counts
    }

    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.shared.told.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        TcpStream::connect(self.address).ok();
    }
}

/// An answer in the making.
struct Answer {
    status: u16,
    kind: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// The length that is declared, where it is not the body's.
    declared: Option<u64>,
    /// Bytes of the body that are sent before the connection is closed, or falls silent.
    sent: Option<u64>,
    silent: bool,
}

impl Answer {
    fn new(status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let (kind, body) = (kind.to_owned(), body.into());
        Self { status, kind, headers: Vec::new(), body, declared: None, sent: None, silent: false }
    }

    fn html(status: u16) -> Self {
        Self::new(status, "text/html; charset=utf-8", "<!doctype html><title>log in</title>")
    }
}

impl Shared {
    fn serve(&self, stream: &TcpStream) {
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream);
        while let Some(asked) = self.request(&mut reader) {
            let (act, latency) = self.act(&asked);
            std::thread::sleep(latency);
            let Some(answer) = self.answer(&asked, act) else { return };
            if !self.send(stream, &answer) {
                return;
            }
        }
    }

    /// The next request of a connection; None when it ends.
    fn request(&self, reader: &mut BufReader<&TcpStream>) -> Option<Asked> {
        let first = self.line(reader)?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line(reader)?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
        let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        let mut had = 0;
        while had < length {
            match reader.read(&mut body[had..]) {
                Ok(0) => return None,
                Ok(count) => had += count,
                Err(_) if !self.over.load(Ordering::Relaxed) => {}
                Err(_) => return None,
            }
        }
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        Some(Asked { method, path: path.to_owned(), query: query.to_owned(), headers, body })
    }

    fn line(&self, reader: &mut BufReader<&TcpStream>) -> Option<String> {
        let mut line = Vec::new();
        loop {
            match reader.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) => return Some(String::from_utf8(line).ok()?.trim_end().to_owned()),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock && !self.over.load(Ordering::Relaxed) => {}
                Err(_) => return None,
            }
        }
    }

    /// Notes a request and tells what is to be done to it.
    fn act(&self, asked: &Asked) -> (Act, Duration) {
        let mut told = self.told.lock().unwrap();
        told.asked.push(asked.clone());
        let scripted = told.scripts.get_mut(&asked.path).and_then(VecDeque::pop_front);
        let act = scripted.or_else(|| told.always.get(&asked.path).cloned()).unwrap_or(Act::Right);
        (act, told.latency)
    }

    fn answer(&self, asked: &Asked, act: Act) -> Option<Answer> {
        let mut answer = self.right(asked);
        match act {
            Act::Right => {}
            Act::Reset => return None,
            Act::Status(status, wait) => {
                answer = Answer::new(status, "text/plain", "not now");
                answer.headers.extend(wait.map(|wait| ("Retry-After", wait)));
            }
            Act::Stall => (answer.sent, answer.silent) = (Some(answer.body.len() as u64 / 2), true),
            Act::Cut(bytes) => answer.sent = Some(bytes),
            Act::CutAndExpire(bytes, next) => {
                answer.sent = Some(bytes);
                self.told.lock().unwrap().signature = Some(next);
            }
            Act::Longer(bytes) => {
                answer.declared = Some(answer.body.len() as u64);
                answer.body.extend(vec![b'x'; bytes]);
            }
            Act::Announce(bytes) => answer.declared = Some(answer.body.len() as u64 + bytes),
            Act::Html => answer = Answer::html(200),
            Act::HtmlRange => answer.kind = "text/html".to_owned(),
            Act::WrongRange => {
                let whole = self.content(asked).map_or(0, |(_, bytes)| bytes.len());
                answer.headers.retain(|(name, _)| *name != "Content-Range");
                answer.headers.push(("Content-Range", format!("bytes 1-{}/{whole}", answer.body.len())));
            }
            Act::Whole => {
                let (kind, body) = self.content(asked)?;
                answer = Answer::new(200, &kind, body);
            }
            Act::Redirect(to) => {
                answer = Answer::new(302, "text/plain", "elsewhere");
                answer.headers.push(("Location", to));
            }
            Act::OtherTag(tag) => {
                answer.headers.retain(|(name, _)| *name != "ETag");
                answer.headers.push(("ETag", tag));
            }
        }
        Some(answer)
    }

    /// The answer as it should be.
    fn right(&self, asked: &Asked) -> Answer {
        let signature = self.told.lock().unwrap().signature.clone();
        if let Some(signature) = signature {
            if let Some((_, href)) = asked.query.split_once("href=").filter(|_| asked.path == "/sign") {
                let href = href.replace("%3A", ":").replace("%2F", "/");
                let signed = serde_json::json!({ "href": format!("{href}?sv=1&sig={signature}"), "msft:expiry": "2030-01-01T00:00:00Z" });
                return Answer::new(200, "application/json", signed.to_string());
            }
            if asked.path.ends_with(".tif") && !asked.query.ends_with(&format!("sig={signature}")) {
                return Answer::new(403, "application/xml", "<Error>AuthenticationFailed</Error>");
            }
        }
        let Some((kind, bytes)) = self.content(asked) else { return Answer::new(404, "text/plain", "nothing here") };
        let version = self.told.lock().unwrap().versions.get(&asked.path).copied().unwrap_or(0);
        let tag = format!("\"{}-{version}\"", bytes.len());
        let mut answer = self.part(asked, &kind, &bytes, &tag);
        answer.headers.push(("ETag", tag));
        answer
    }

    /// The part of a file that is asked for.
    fn part(&self, asked: &Asked, kind: &str, bytes: &[u8], tag: &str) -> Answer {
        if asked.headers.get("if-none-match").is_some_and(|known| known == tag) {
            return Answer::new(304, kind, "");
        }
        let same = asked.headers.get("if-range").is_none_or(|known| known == tag);
        let Some((first, last)) = asked.range().filter(|_| same) else { return Answer::new(200, kind, bytes) };
        let last = last.min(bytes.len() as u64 - 1);
        if first > last {
            return Answer::new(416, "text/plain", "");
        }
        let mut answer = Answer::new(206, kind, &bytes[first as usize..=last as usize]);
        answer.headers.push(("Content-Range", format!("bytes {first}-{last}/{}", bytes.len())));
        answer
    }

    fn content(&self, asked: &Asked) -> Option<(String, Vec<u8>)> {
        if let Some(document) = self.told.lock().unwrap().documents.get(&asked.path) {
            return Some(document.clone());
        }
        let path = self.folder.as_ref()?.join(asked.path.trim_start_matches('/'));
        let kind = if asked.path.ends_with(".json") { "application/geo+json" } else { "image/tiff" };
        std::fs::read(path).ok().map(|bytes| (kind.to_owned(), bytes))
    }

    /// Sends an answer; whether the connection goes on.
    fn send(&self, mut stream: &TcpStream, answer: &Answer) -> bool {
        let declared = answer.declared.unwrap_or(answer.body.len() as u64);
        let mut head = format!(
            "HTTP/1.1 {} Word\r\nContent-Type: {}\r\nContent-Length: {declared}\r\n",
            answer.status, answer.kind
        );
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let sent = answer.sent.map_or(answer.body.len(), |sent| answer.body.len().min(sent as usize));
        let written = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer.body[..sent]));
        self.told.lock().unwrap().bytes += sent as u64;
        while answer.silent && written.is_ok() && !self.over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(20));
        }
        written.is_ok() && answer.sent.is_none() && answer.declared.is_none()
    }
}
