//! The port for texts to phones.

use domain::Msisdn;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A text on its way out. Its `Debug` form does not show the text.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsOut {
    /// The sender's own id: the same text sent twice has the same.
    pub reference: String,
    /// To which number.
    pub to: Msisdn,
    /// The text.
    pub text: String,
}

impl std::fmt::Debug for SmsOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmsOut").field("reference", &self.reference).field("to", &self.to).finish_non_exhaustive()
    }
}

/// Why a text was not taken. Says nothing of its number or words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SmsError {
    /// The file cannot be opened.
    #[error("the file for texts cannot be opened ({0:?}); check its folder and rights")]
    FileUnopenable(std::io::ErrorKind),
    /// Writing or syncing failed; perhaps a part of a line stands there.
    #[error("the file for texts cannot be written ({0:?}); check space and disk")]
    FileUnwritable(std::io::ErrorKind),
    /// The gateway does not answer.
    #[error("the sender of texts does not answer; it is tried again")]
    Unreachable,
    /// The gateway will never take this text.
    #[error("the sender of texts refuses the number or the text; it is not tried again")]
    Refused,
}

impl SmsError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::FileUnopenable(_) => "sms_file_unopenable",
            Self::FileUnwritable(_) => "sms_file_unwritable",
            Self::Unreachable => "sms_unreachable",
            Self::Refused => "sms_refused",
        }
    }

    /// Whether another attempt with the same text is of no use.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Refused)
    }
}

/// A gateway in memory, for tests and trials: it can be told to fail, and shows what it took.
#[derive(Debug, Clone, Default)]
pub struct SmsMemory(Arc<Mutex<Taken>>);

#[derive(Debug, Default)]
struct Taken {
    texts: Vec<SmsOut>,
    /// What the next attempts come to, in order.
    failures: Vec<SmsError>,
}

impl SmsMemory {
    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the next attempts fail, one for each error.
    pub fn fail_next(&self, errors: impl IntoIterator<Item = SmsError>) {
        self.lock().failures.extend(errors);
    }

    /// What was taken so far, in order.
    #[must_use]
    pub fn taken(&self) -> Vec<SmsOut> {
        self.lock().texts.clone()
    }

    fn take(&self, sms: &SmsOut) -> Result<(), SmsError> {
        let mut taken = self.lock();
        if !taken.failures.is_empty() {
            return Err(taken.failures.remove(0));
        }
        taken.texts.push(sms.clone());
        Ok(())
    }
}

/// Where texts go.
#[derive(Debug, Clone)]
pub enum SmsGateway {
    /// Each text is a line of JSON at the end of this file: `id`, `to`, `text`. Several processes may write to it.
    File(PathBuf),
    /// Kept in memory.
    Memory(SmsMemory),
}

impl SmsGateway {
    /// Hands a text over; when it returns, the gateway has it for good.
    ///
    /// # Errors
    /// [`SmsError`]: the text may still have been taken, as with any sender far away.
    pub async fn send(&self, sms: &SmsOut) -> Result<(), SmsError> {
        match self {
            Self::Memory(memory) => memory.take(sms),
            Self::File(path) => {
                let (path, line) = (path.clone(), line(sms));
                let written = tokio::task::spawn_blocking(move || append(&path, &line)).await;
                written.unwrap_or(Err(SmsError::FileUnwritable(std::io::ErrorKind::Other)))
            }
        }
    }
}

fn line(sms: &SmsOut) -> String {
    let object = serde_json::json!({ "id": sms.reference, "to": sms.to.e164(), "text": sms.text });
    format!("{object}\n")
}

/// Writes the line with one call, so that lines of several processes do not mix, and waits for the disk.
fn append(path: &Path, line: &str) -> Result<(), SmsError> {
    let opened = open(path);
    let mut file = opened.map_err(|error| SmsError::FileUnopenable(error.kind()))?;
    let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
    written.map_err(|error| SmsError::FileUnwritable(error.kind()))
}

/// The file holds numbers and codes: on Unix only its owner may read it.
fn open(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sms(reference: &str) -> SmsOut {
        let to = Msisdn::parse("0971234567").expect("a number");
        SmsOut { reference: reference.to_owned(), to, text: "Your code: 123456 \"ng'ombe\"\nK1".to_owned() }
    }

    #[test]
    fn each_text_is_a_line_that_others_can_read() {
        let scratch = test_kit::sqlite();
        let path = scratch.folder().expect("a folder").join("sms.jsonl");
        test_kit::run(async {
            let gateway = SmsGateway::File(path.clone());
            let many = (0..20).map(|n| {
                let (gateway, sms) = (gateway.clone(), sms(&n.to_string()));
                tokio::spawn(async move { gateway.send(&sms).await })
            });
            for sent in many.collect::<Vec<_>>() {
                assert_eq!(sent.await.expect("no panic"), Ok(()));
            }
        });
        let text = std::fs::read_to_string(&path).expect("the file");
        let mut ids: Vec<String> = Vec::new();
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            assert_eq!((value["to"].as_str(), value["text"].as_str()), (Some("+260971234567"), Some("Your code: 123456 \"ng'ombe\"\nK1")));
            ids.push(value["id"].as_str().expect("an id").to_owned());
        }
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 20);
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).expect("there").permissions()) & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_cannot_be_tells_why_and_nothing_else() {
        let scratch = test_kit::sqlite();
        let folder = scratch.folder().expect("a folder").to_owned();
        test_kit::run(async {
            let missing = SmsGateway::File(folder.join("gone").join("sms.jsonl")).send(&sms("1")).await;
            assert_eq!(missing, Err(SmsError::FileUnopenable(std::io::ErrorKind::NotFound)));
            let said = missing.expect_err("refused").to_string() + &format!("{:?}", sms("1"));
            assert!(!said.contains("123456") && !said.contains("971234567"), "{said}");
            let is_folder = SmsGateway::File(folder).send(&sms("1")).await.expect_err("a folder");
            assert_eq!((is_folder.code(), is_folder.is_final()), ("sms_file_unopenable", false));
        });
    }

    /// Linux has a file for this.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told() {
        test_kit::run(async {
            let full = SmsGateway::File(PathBuf::from("/dev/full")).send(&sms("1")).await;
            assert_eq!(full, Err(SmsError::FileUnwritable(std::io::ErrorKind::StorageFull)));
        });
    }

    #[test]
    fn memory_fails_as_told_and_then_takes() {
        let memory = SmsMemory::default();
        memory.fail_next([SmsError::Unreachable, SmsError::Refused]);
        let gateway = SmsGateway::Memory(memory.clone());
        test_kit::run(async {
            assert_eq!(gateway.send(&sms("1")).await, Err(SmsError::Unreachable));
            assert_eq!(gateway.send(&sms("2")).await, Err(SmsError::Refused));
            assert_eq!(gateway.send(&sms("3")).await, Ok(()));
        });
        assert_eq!(memory.taken().iter().map(|sms| sms.reference.as_str()).collect::<Vec<_>>(), ["3"]);
    }
}
