//! Why a backup is not restored although it is whole: somebody has seen more.

use crate::keeper::backup::BackupError;
use crate::keeper::remembered::HeadSeen;
use crate::records::dates;
use crate::store::backup::Kept;
use crate::store::backup::Manifest;

/// Insists that nobody has seen a newer generation or more entries than (`generation`, `size`).
///
/// # Errors
/// [`BackupError::WentBack`]: what was noticed, since when, and what to do.
pub(crate) fn not_less(
    heads: &[HeadSeen],
    manifest: &Manifest,
    (generation, size): (u32, u64),
    kept: &Kept,
) -> Result<(), BackupError> {
    not_older(heads, manifest, generation, kept)?;
    if let Some(head) = furthest(heads)
        && head.size > size
    {
        let lost = head.size - size;
        let entries = if lost == 1 { "entry" } else { "entries" };
        return Err(BackupError::WentBack(format!(
            "{} has {size} entries, and {} remembers {}: {lost} {entries} made since would be lost, and what \
             they say with them. The same history is never continued without them. {} If the old disk can still \
             be read, even in part, add --with and its folder: what is missing is taken from its journal. If they \
             are lost for good, two trustees can begin the history anew without them: add --new-ledger and --share",
            named(manifest),
            head.named(),
            head.size,
            instead(kept, head, generation),
        )));
    }
    Ok(())
}

/// Insists that nobody has seen a newer generation.
///
/// # Errors
/// As [`not_less`].
pub(crate) fn not_older(
    heads: &[HeadSeen],
    manifest: &Manifest,
    generation: u32,
    kept: &Kept,
) -> Result<(), BackupError> {
    // Of those who remember the same the first is named: the last of the greatest, backwards.
    if let Some(head) = heads.iter().rev().max_by_key(|head| head.generation)
        && head.generation > generation
    {
        return Err(BackupError::WentBack(format!(
            "{} is older than the last removal{}: {} remembers generation {} of the keys, and the backup is \
             of generation {generation}. What was removed since must not come back, and the key that opened this \
             backup was destroyed then, so that nothing in it opens any more. {}",
            named(manifest),
            by(head),
            head.named(),
            head.generation,
            instead(kept, head, head.generation),
        )));
    }
    Ok(())
}

/// Whoever has seen the most entries.
pub(crate) fn furthest(heads: &[HeadSeen]) -> Option<&HeadSeen> {
    heads.iter().rev().max_by_key(|head| head.size)
}

/// The backup, in words.
fn named(manifest: &Manifest) -> String {
    let at = dates::people_moment(manifest.at);
    format!("the backup {} (of {at})", manifest.id)
}

fn by(head: &HeadSeen) -> String {
    head.at.map_or_else(String::new, |at| {
        format!(", made by {}", dates::people_moment(at))
    })
}

/// What to use in its stead.
fn instead(kept: &Kept, head: &HeadSeen, generation: u32) -> String {
    if head.stands {
        return "Use that vault itself: there is nothing to bring back.".to_owned();
    }
    let newer = kept
        .manifests
        .iter()
        .find(|one| one.generation >= generation && one.size >= head.size);
    match newer {
        Some(one) => format!(
            "Use {} instead (of {}), which is in the same folder: leave out --backup.",
            one.id,
            dates::people_moment(one.at)
        ),
        None => "Use the newest backup there is: look through every place that keeps them with `strongroom backup \
                 list`."
            .to_owned(),
    }
}
