//! Reading the blocks of a PBF file, in parallel.

use std::fs::File;
use std::io::{BufReader, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use osmpbf::{BlobDecode, BlobError, BlobReader, ErrorKind, HeaderBlock, PrimitiveBlock};
use rayon::iter::{ParallelBridge, ParallelIterator};

use super::form;

/// Error of an extract that could not be read. Nothing of it is used then.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The file could not be opened or read.
    #[error("can't read {path}: {fault}")]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Error of the system, which the message tells already.
        fault: std::io::Error,
    },
    /// The file is an extract in a form that is not read.
    #[error("{path} can't be read as it is: {cure}")]
    OtherForm {
        /// Path of the file.
        path: PathBuf,
        /// Form that was met, and the command that makes of it what is read.
        cure: String,
    },
    /// The file is something else.
    #[error("{path} is not an OpenStreetMap extract in PBF: {why}")]
    NotPbf {
        /// Path of the file.
        path: PathBuf,
        /// Sign by which one can tell.
        why: String,
    },
    /// The file begins well and is broken further on.
    #[error("{path} is damaged or cut short: {why}")]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// Format that was met.
        why: String,
    },
    /// There is nothing to walk on in the file, or in the area asked for.
    #[error("{path} has no street that a pedestrian may use{}", if *.cut { " inside the area" } else { "" })]
    NoStreets {
        /// Path of the file.
        path: PathBuf,
        /// True if an area was given.
        cut: bool,
    },
}

/// Progress of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// A stage begins.
    Stage {
        /// Name of the stage, in a few words.
        name: &'static str,
        /// Bytes that will be read; 0: none.
        bytes: u64,
    },
    /// So many bytes more have been read.
    Read(u64),
}

type Blobs<'a> = BlobReader<BufReader<Counted<'a>>>;

/// A file that tells how much of it has been read.
struct Counted<'a> {
    file: File,
    on_read: &'a (dyn Fn(u64) + Sync),
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read(buffer)?;
        (self.on_read)(read as u64);
        Ok(read)
    }
}

/// Features of the format that are understood; another one would be read wrongly.
const KNOWN_FEATURES: [&str; 3] = ["OsmSchema-V0.6", "DenseNodes", LOCATIONS_ON_WAYS];

/// The feature of files whose ways carry the positions of their nodes.
const LOCATIONS_ON_WAYS: &str = "LocationsOnWays";

/// The feature of files that hold every version of an element, deleted ones too.
const HISTORY: &str = "HistoricalInformation";

/// An extract on disk that has been seen to be one.
#[derive(Debug)]
pub(crate) struct PbfFile {
    path: PathBuf,
    /// Time of the data, in seconds since 1970, if the file tells it.
    pub(crate) timestamp: Option<i64>,
    /// True if ways carry the positions of their nodes, which need not be in the file themselves then.
    pub(crate) locations_on_ways: bool,
}

impl PbfFile {
    /// Opens the file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<Self, ExtractError> {
        let mut file = Self {
            path: path.to_owned(),
            timestamp: None,
            locations_on_ways: false,
        };
        file.check_frame()?;
        let first = file.blobs(&|_| {})?.next();
        let not_pbf = |why: String| file.not_pbf(why);
        let blob = first
            .ok_or_else(|| not_pbf("it is empty".to_owned()))?
            .map_err(|fault| file.not_pbf_or(&fault))?;
        let header = blob
            .to_headerblock()
            .map_err(|fault| file.not_pbf_or(&fault))?;
        file.check_features(&header)?;
        file.timestamp = header.osmosis_replication_timestamp();
        let mut features = header
            .optional_features()
            .iter()
            .chain(header.required_features());
        file.locations_on_ways = features.any(|feature| feature == LOCATIONS_ON_WAYS);
        Ok(file)
    }

    /// Applies `map` to every block with elements whose number `wanted` wants, on all cores, in no particular order.
    ///
    /// `progress` is told of the bytes as they are read.
    pub(crate) fn for_each_block<F>(
        &self,
        wanted: impl Fn(usize) -> bool + Sync + Send,
        progress: &(dyn Fn(Progress) + Sync),
        map: F,
    ) -> Result<(), ExtractError>
    where
        F: Fn(usize, &PrimitiveBlock) + Sync + Send,
    {
        let damaged = |fault: osmpbf::Error| match other_compression(&fault) {
            Some(cure) => self.other_form(cure),
            None => self.damaged(fault.to_string()),
        };
        let on_read = |bytes| progress(Progress::Read(bytes));
        self.blobs(&on_read)?
            .enumerate()
            .par_bridge()
            .try_for_each(|(number, blob)| {
                let blob = blob.map_err(damaged)?;
                if wanted(number) {
                    match blob.decode().map_err(damaged)? {
                        BlobDecode::OsmData(block) => self.guard(|| map(number, &block))?,
                        BlobDecode::OsmHeader(_) | BlobDecode::Unknown(_) => {}
                    }
                }
                Ok(())
            })
    }

    /// The decoder panics at some blocks that are nonsense; that ends the reading and not the program.
    fn guard(&self, read: impl FnOnce()) -> Result<(), ExtractError> {
        catch_unwind(AssertUnwindSafe(read))
            .map_err(|_| self.damaged("a block can't be decoded".to_owned()))
    }

    /// Size of the file in bytes; 0 where it can't be told.
    pub(crate) fn bytes(&self) -> u64 {
        std::fs::metadata(&self.path).map_or(0, |file| file.len())
    }

    /// The error of a file in which there is nothing to walk on.
    pub(crate) fn no_streets(&self, cut: bool) -> ExtractError {
        ExtractError::NoStreets {
            path: self.path.clone(),
            cut,
        }
    }

    fn blobs<'a>(&self, on_read: &'a (dyn Fn(u64) + Sync)) -> Result<Blobs<'a>, ExtractError> {
        let file = File::open(&self.path).map_err(|source| self.io(source))?;
        let counted = Counted { file, on_read };
        Ok(BlobReader::new(BufReader::with_capacity(1 << 20, counted)))
    }

    /// A PBF begins with the length of a small header that names its kind.
    fn check_frame(&self) -> Result<(), ExtractError> {
        let mut start = Vec::new();
        let file = File::open(&self.path).map_err(|source| self.io(source))?;
        file.take(256)
            .read_to_end(&mut start)
            .map_err(|source| self.io(source))?;
        if let Some(cure) = form::cure(&start) {
            return Err(self.other_form(cure));
        }
        if start.windows(9).any(|bytes| bytes == b"OSMHeader") {
            return Ok(());
        }
        Err(self.not_pbf("it does not begin with an OSMHeader".to_owned()))
    }

    fn check_features(&self, header: &HeaderBlock) -> Result<(), ExtractError> {
        let unknown = |feature: &&String| !KNOWN_FEATURES.contains(&feature.as_str());
        match header.required_features().iter().find(unknown) {
            Some(feature) if feature == HISTORY => Err(self.other_form(form::HISTORY)),
            Some(feature) => Err(self.not_pbf(format!("it needs the unknown feature {feature}"))),
            None => Ok(()),
        }
    }

    fn io(&self, fault: std::io::Error) -> ExtractError {
        let path = self.path.clone();
        ExtractError::Io { path, fault }
    }

    fn other_form(&self, cure: &str) -> ExtractError {
        let (path, file) = (self.path.clone(), self.path.display().to_string());
        let cure = cure.replace("FILE", &file);
        ExtractError::OtherForm { path, cure }
    }

    fn not_pbf_or(&self, fault: &osmpbf::Error) -> ExtractError {
        match other_compression(fault) {
            Some(cure) => self.other_form(cure),
            None => self.not_pbf(fault.to_string()),
        }
    }

    fn not_pbf(&self, why: String) -> ExtractError {
        let path = self.path.clone();
        ExtractError::NotPbf { path, why }
    }

    fn damaged(&self, why: String) -> ExtractError {
        let path = self.path.clone();
        ExtractError::Damaged { path, why }
    }
}

/// The cure of a block whose content is packed otherwise than with zlib.
fn other_compression(fault: &osmpbf::Error) -> Option<&'static str> {
    matches!(fault.kind(), ErrorKind::Blob(BlobError::Empty)).then_some(form::OTHER_COMPRESSION)
}
