//! The headers of versions: the key of each part, sealed to each compartment. They take longer than all else there is
//! to sealing a form, so those of many versions are made together, on all cores.

use crate::desk::parts::Destination;
use crate::keeper::message::load::NewHeader;
use crate::keeper::message::load::NewVersion;
use crate::sealing::FileKey;
use crate::sealing::on_all_cores;
use crate::sealing::seal_header;

/// A version whose parts are sealed, and which has no headers yet.
pub(crate) struct Keyed {
    pub(crate) version: NewVersion,
    /// The key of each part, by its number. Wiped when this is dropped.
    pub(crate) keys: Vec<(u32, FileKey)>,
    /// For whom.
    pub(crate) to: Vec<Destination>,
}

impl Keyed {
    /// Each part, with each compartment it is for.
    fn each(&self) -> impl Iterator<Item = (u32, &FileKey, &Destination)> {
        let parts = self.keys.iter();
        parts.flat_map(|(part, key)| self.to.iter().map(move |to| (*part, key, to)))
    }
}

/// The versions with their headers, in their order.
pub(crate) fn with_headers(all: Vec<Keyed>) -> Vec<NewVersion> {
    let each: Vec<_> = all.iter().flat_map(Keyed::each).collect();
    let headers = on_all_cores(&each, |(part, key, to)| NewHeader {
        part: *part,
        compartment: to.id,
        epoch: to.epoch,
        header: seal_header(key, &to.recipient),
    });
    let mut headers = headers.into_iter();
    let whole = all.into_iter().map(|one| {
        let count = one.each().count();
        let headers = headers.by_ref().take(count).collect();
        NewVersion {
            headers,
            ..one.version
        }
    });
    whole.collect()
}
