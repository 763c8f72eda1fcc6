use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::programs::{give_to_postgres, run};

const SETTINGS: &str = "\
[ca]
default_ca = here
[here]
database = index
rand_serial = yes
new_certs_dir = .
default_md = sha256
policy = any
[any]
commonName = supplied
";

/// An authority of the test's own, made with `openssl`, and the certificates that it has signed.
#[derive(Debug)]
pub struct Authority {
    folder: TempDir,
}

/// Files of a certificate and its key.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key, which its owner alone can read.
    pub key: PathBuf,
}

/// Days in which a certificate holds, as `openssl ca` takes them.
#[derive(Debug, Clone, Copy)]
pub enum Validity {
    /// From now on for a month.
    Now,
    /// A month that is long over.
    Over,
}

impl Authority {
    /// A new authority that nobody trusts yet.
    #[expect(clippy::new_without_default, reason = "it starts a program")]
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("wildside-authority-");
        let folder = folder.expect("a temporary folder can be made");
        give_to_postgres(folder.path());
        for (name, text) in [
            ("settings", SETTINGS),
            ("index", ""),
            ("index.attr", "unique_subject = no\n"),
        ] {
            std::fs::write(folder.path().join(name), text).expect("a file can be written");
        }
        let authority = Self { folder };
        authority.sign_itself("/CN=authority", "ca");
        authority
    }

    /// File with the certificate of the authority.
    pub fn file(&self) -> PathBuf {
        self.path("ca.crt")
    }

    /// A certificate that has signed itself, as the pages of PostgreSQL make one.
    pub fn sign_itself(&self, subject: &str, name: &str) -> Certificate {
        let made = self.files(name);
        let mut command =
            self.openssl("req -x509 -nodes -days 30 -newkey ec -pkeyopt ec_paramgen_curve:P-256");
        command.args(["-subj", subject]);
        run(command
            .arg("-keyout")
            .arg(&made.key)
            .arg("-out")
            .arg(&made.certificate));
        made
    }

    /// A certificate for a subject such as `/CN=localhost`, with extensions such as `subjectAltName=DNS:localhost`; without
    /// any it is of version 1.
    pub fn sign(&self, subject: &str, extensions: &str, validity: Validity) -> Certificate {
        let count = std::fs::read_dir(self.folder.path()).map_or(0, Iterator::count);
        let made = self.files(&format!("{count}"));
        let request = self.path(&format!("{count}.csr"));
        let mut command =
            self.openssl("req -new -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256");
        command.args(["-subj", subject]);
        run(command
            .arg("-keyout")
            .arg(&made.key)
            .arg("-out")
            .arg(&request));
        let mut command =
            self.openssl("ca -batch -notext -config settings -cert ca.crt -keyfile ca.key");
        command.args(match validity {
            Validity::Now => ["-days", "30"].as_slice(),
            Validity::Over => &[
                "-startdate",
                "20200101000000Z",
                "-enddate",
                "20200131000000Z",
            ],
        });
        if !extensions.is_empty() {
            let file = self.path("extensions");
            std::fs::write(&file, extensions).expect("a file can be written");
            command.args(["-extfile", "extensions"]);
        }
        run(command
            .arg("-in")
            .arg(&request)
            .arg("-out")
            .arg(&made.certificate));
        made
    }

    fn files(&self, name: &str) -> Certificate {
        Certificate {
            certificate: self.path(&format!("{name}.crt")),
            key: self.path(&format!("{name}.key")),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, words: &str) -> Command {
        let mut command = Command::new("openssl");
        command
            .args(words.split(' '))
            .current_dir(self.folder.path());
        command
    }
}

impl Certificate {
    /// Copies for a server, whose user alone can read the key.
    pub(crate) fn give_to_postgres(&self, folder: &Path) {
        for (file, name) in [(&self.certificate, "server.crt"), (&self.key, "server.key")] {
            let copy = folder.join(name);
            std::fs::copy(file, &copy).expect("a certificate can be copied");
            give_to_postgres(&copy);
        }
    }
}
