//! What the tests of the whole program share: the binary in a clean environment, simulated scenes made once,
//! a folder's bytes to compare, the real data where it is.

#![allow(dead_code, reason = "each test binary uses a part")]

pub(crate) mod bench;
pub(crate) mod tif;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No run of these tests takes as long; one that does hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// How a run ended.
pub(crate) struct Ended {
    /// Exit code; None when a signal ended it.
    pub(crate) code: Option<i32>,
    /// stdout.
    pub(crate) data: String,
    /// stderr.
    pub(crate) talk: String,
    /// Seconds on the wall.
    pub(crate) took: Duration,
}

impl Ended {
    /// The one JSON document of stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {}{}", self.data, self.talk))
    }

    /// Asserts success.
    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.data, self.talk);
        self
    }

    /// Asserts a refusal: the code, an error in the documented form with every word of `says`, a hint.
    #[track_caller]
    pub(crate) fn refused(self, code: i32, says: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.data, self.talk);
        assert!(self.talk.starts_with("error: "), "{}", self.talk);
        let Some((error, hint)) = self.talk.split_once("\n\nhint: ") else { panic!("no hint: {}", self.talk) };
        assert_eq!(error.lines().count(), 1, "{}", self.talk);
        assert!(hint.ends_with('\n') && hint.trim().len() > 5, "{}", self.talk);
        for word in says {
            assert!(error.contains(word), "{word:?} is not in: {}", self.talk);
        }
        self
    }
}

/// The program in `folder` with nothing of the caller's environment but PATH.
pub(crate) fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_groundtell"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs the program in `folder`; what hangs is killed and fails.
#[track_caller]
pub(crate) fn run(folder: &Path, line: &[&str]) -> Ended {
    ended(program(folder).args(line))
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn ended(command: &mut Command) -> Ended {
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let (data, talk) = (drained(child.stdout.take()), drained(child.stderr.take()));
    let status = waited(&mut child, start);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Ended {
        code: status.code(),
        data: text(data.join().unwrap()),
        talk: text(talk.join().unwrap()),
        took: start.elapsed(),
    }
}

fn drained(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut bytes).unwrap();
        }
        bytes
    })
}

fn waited(child: &mut Child, start: Instant) -> ExitStatus {
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > DEADLINE {
            child.kill().ok();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A folder of this test binary below `target/`, where what is shared between tests is made anew each time.
pub(crate) fn shelf() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(env!("CARGO_CRATE_NAME"));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A simulated pair of 256 px: `before/item.json`, `after/item.json`, `truth/`.
pub(crate) fn pair() -> &'static Path {
    static PAIR: OnceLock<PathBuf> = OnceLock::new();
    PAIR.get_or_init(|| {
        run(&shelf(), &["simulate", "--out", "pair", "--overwrite", "--size", "256", "--seed", "3"]).done();
        shelf().join("pair")
    })
}

/// The words `change --before .. --after ..` for the pair.
pub(crate) fn change() -> Vec<&'static str> {
    static WORDS: OnceLock<[String; 2]> = OnceLock::new();
    let [before, after] =
        WORDS.get_or_init(|| ["before", "after"].map(|side| pair().join(side).join("item.json").display().to_string()));
    vec!["change", "--before", before, "--after", after]
}

/// Every file below `folder` with its bytes.
pub(crate) fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_symlink() {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), b"a link".to_vec());
            } else if path.is_dir() {
                left.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Names in a folder, hidden ones too.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

/// Copies a folder.
pub(crate) fn copied(from: &Path, to: &Path) {
    for (name, bytes) in contents(from) {
        let path = to.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// A JSON file.
pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A committed oracle.
pub(crate) fn oracle(name: &str) -> Value {
    json(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(name))
}

/// The real data, where it is; says so when not.
pub(crate) fn real_data() -> Option<PathBuf> {
    let folder = std::env::var_os("GROUNDTELL_REALDATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/realdata"), PathBuf::from);
    let there = folder.is_dir();
    if !there {
        println!("skipped: no real data");
    }
    there.then_some(folder)
}
