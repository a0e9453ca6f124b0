//! Sealing a version: card, body and attachments, one manifest over all. Their headers come after ([`Keyed`]).

use std::io;
use std::io::Read;
use std::io::Write;

use crate::bytes::base64url;
use crate::bytes::hex;
use crate::desk::Desk;
use crate::desk::attach::Attach;
use crate::desk::attach::hash;
use crate::desk::error::DeskError;
use crate::desk::headers::Keyed;
use crate::desk::link::unexpected;
use crate::desk::release::marked;
use crate::desk::trust::Trust;
use crate::desk::trust::to_seal;
use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::ids::random;
use crate::keeper::LineError;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::Other;
use crate::keeper::facts::PartFacts;
use crate::keeper::facts::Place;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Subject;
use crate::keeper::facts::VersionFacts;
use crate::keeper::members::CaseTeam;
use crate::keeper::members::RollData;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::load::FiledFacts;
use crate::keeper::message::load::GrantStatement;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewVersion;
use crate::keeper::message::load::PartRow;
use crate::keeper::message::open_to::OpenTo;
use crate::keeper::rules::Rules;
use crate::records::Kinds;
use crate::sealing::Digest;
use crate::sealing::FileKey;
use crate::sealing::HybridRecipient;
use crate::sealing::Manifest;
use crate::sealing::ManifestPart;
use crate::sealing::ManifestSubject;
use crate::sealing::PartError;
use crate::sealing::PartSort;
use crate::sealing::PartWriter;
use crate::sealing::PayloadWriter;
use crate::sealing::RecordKey;
use crate::sealing::SignedManifest;
use crate::sealing::seal_payload;
use crate::sealing::write_part;

/// Sealed payloads up to this many bytes travel inside the frame; larger ones, and all attachments, are
/// objects.
pub(crate) const INLINE: usize = 32 * 1024;
/// How much of an attachment is held at a time.
const CHUNK: usize = 64 * 1024;

/// A version before it is sealed.
pub(crate) struct Draft {
    pub(crate) record: RecordId,
    pub(crate) number: u32,
    pub(crate) previous: Option<String>,
    pub(crate) k_record: RecordKey,
    pub(crate) facts: FiledFacts,
    pub(crate) reason: &'static str,
    pub(crate) card: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

/// A compartment a version is sealed to.
pub(crate) struct Destination {
    pub(crate) id: CompartmentId,
    pub(crate) epoch: u32,
    pub(crate) recipient: HybridRecipient,
}

/// A record's own compartment, and the signed statement of whom it is for.
pub(crate) type Own = (NewCompartment, String);

/// The compartments of a case or of one record, each vouched for as being for just that, and those of grants
/// that cover it.
pub(crate) fn recorded(
    sealed_to: &[(CompartmentFacts, EpochFacts)],
    purposes: &[Purpose],
    covers: impl Fn(&GrantStatement) -> bool,
    trust: &Trust,
) -> Result<Vec<Destination>, DeskError> {
    sealed_to
        .iter()
        .map(|(facts, epoch)| {
            let vouched = to_seal(facts, epoch);
            let granted = match facts.purpose {
                Purpose::Grant { .. } => covers(&trust.grant_behind(&vouched)?),
                _ => false,
            };
            if !granted && !purposes.contains(&facts.purpose) {
                return Err(DeskError::damaged(
                    "the keeper named a key of something else to seal this to; nothing was sealed",
                ));
            }
            trust.check_epoch(&vouched)?;
            Ok(Destination {
                id: facts.id,
                epoch: facts.epoch,
                recipient: epoch.recipient.clone(),
            })
        })
        .collect()
}

/// Who is there to be a member, as the keeper tells it.
pub(crate) fn roll(keys: &Keys) -> RollData {
    let teams = keys
        .compartments
        .iter()
        .filter_map(|(facts, _)| match facts.purpose {
            Purpose::Team { role } => Some((role, facts.id)),
            _ => None,
        });
    RollData {
        accounts: keys.accounts.clone(),
        teams: teams.collect(),
        recovery: keys.recovery.is_some(),
    }
}

impl Desk<'_> {
    /// Where a first version is sealed: its case's compartments, or one of its own, made now.
    pub(crate) fn destination(
        &self,
        record: RecordId,
        facts: &FiledFacts,
        keys: &Keys,
        trust: &Trust,
    ) -> Result<(Vec<Destination>, Option<Own>), DeskError> {
        let rules = Rules::from_kinds(Kinds::builtin());
        let rule = rules.of(&facts.kind);
        let roll = roll(keys);
        let excluded = roll.excluded(&facts.about, rule.hides_from_manager);
        if let (Some(id), Some(case), false, true) =
            (facts.case, &keys.case, rule.own, excluded.is_empty())
        {
            let purposes = [Purpose::Case { case: id }];
            let of_case = keys.compartments.iter().filter(|(c, _)| {
                case.compartments.contains(&c.id) || matches!(c.purpose, Purpose::Grant { .. })
            });
            let of_case: Vec<_> = of_case.cloned().collect();
            let covers = |said: &GrantStatement| said.case == Some(id);
            return Ok((recorded(&of_case, &purposes, covers, trust)?, None));
        }
        // What the keeper says of it was held against what is signed.
        let on = keys.case.as_ref().map(CaseTeam::of).unwrap_or_default();
        let open_to = OpenTo {
            record,
            number: 1,
            kind: facts.kind.clone(),
            case: facts.case,
            excluded,
            only_roles: None,
            deciders: facts.deciders.iter().copied().collect(),
            handler: facts.handler,
        };
        let members = roll.as_roll().own(&open_to, &rule.people, &on);
        let (made, said) = self.own_compartment(open_to, &members, (keys, trust))?;
        let to = Destination {
            id: made.new.id,
            epoch: 1,
            recipient: made.recipient,
        };
        Ok((vec![to], Some((made.new, said))))
    }

    /// Seals the parts of a version: attachments too, because objects are durable before a frame names them.
    pub(crate) fn seal_parts(
        &self,
        draft: Draft,
        attachments: &[Attach],
        to: Vec<Destination>,
    ) -> Result<Keyed, DeskError> {
        let k_record = base64url(draft.k_record.expose());
        let (card, body) = (draft.card.clone(), draft.body.clone());
        let mut sealed = Sealed::default();
        let signed = self.sign_manifest(&draft, attachments)?;
        sealed.row_or_object(self, (&signed, 1), &card)?;
        sealed.row_or_object(self, (&signed, 2), &body)?;
        for (number, attach) in (3..).zip(attachments) {
            let content = attach.source.open()?;
            sealed.object(self, (&signed, number), content)?;
        }
        let version = VersionFacts {
            number: draft.number,
            parts: sealed.parts,
            manifest: signed.digest().hex(),
            previous: draft.previous,
            reason: draft.reason.to_owned(),
            submission: base64url(&random::<16>()),
            author: self.account.id,
            at: self.keeper.now(),
            other: Other::new(),
        };
        let version = NewVersion {
            record: draft.record,
            facts: marked(draft.facts, &draft.k_record),
            version,
            k_record: (draft.number == 1).then_some(k_record),
            rows: sealed.rows,
            headers: Vec::new(),
            own: None,
            open_to: None,
        };
        let keys = sealed.keys;
        Ok(Keyed { version, keys, to })
    }

    fn sign_manifest(
        &self,
        draft: &Draft,
        attachments: &[Attach],
    ) -> Result<SignedManifest, DeskError> {
        let whole = |number, sort, content: &[u8]| ManifestPart {
            number,
            sort,
            name: None,
            bytes: content.len() as u64,
            sha256: Digest::of(content),
        };
        let mut parts = vec![
            whole(1, PartSort::Card, &draft.card),
            whole(2, PartSort::Body, &draft.body),
        ];
        for (number, attach) in (3..).zip(attachments) {
            let (bytes, sha256) = hash(attach.source.open()?)?;
            let name = Some(attach.name.clone());
            parts.push(ManifestPart {
                number,
                sort: PartSort::Attachment,
                name,
                bytes,
                sha256,
            });
        }
        let previous = draft.previous.as_deref().map(digest).transpose()?;
        let manifest = Manifest {
            vault: self.vault,
            record: draft.record,
            version: draft.number,
            kind: draft.facts.kind.clone(),
            kind_version: draft.facts.kind_version,
            case: draft.facts.case,
            class: draft.facts.class.clone(),
            author: self.account.id,
            previous,
            k_record: RecordKey::from_bytes(*draft.k_record.expose()),
            filed_at: self.keeper.now(),
            parts,
            subjects: signed_subjects(&draft.facts.subjects),
        };
        manifest
            .sign(self.person.signing())
            .map_err(DeskError::damaged)
    }
}

/// Whom a version is about, as its author signs it.
pub(crate) fn signed_subjects(subjects: &[Subject]) -> Vec<ManifestSubject> {
    let signed = subjects.iter().map(|subject| ManifestSubject {
        person: subject.person,
        role: subject.role.clone(),
    });
    signed.collect()
}

/// The parts of a version, sealed so far.
#[derive(Default)]
struct Sealed {
    parts: Vec<PartFacts>,
    rows: Vec<PartRow>,
    /// The key of each part, by its number.
    keys: Vec<(u32, FileKey)>,
}

impl Sealed {
    fn row_or_object(
        &mut self,
        desk: &Desk<'_>,
        (manifest, number): (&SignedManifest, u32),
        content: &[u8],
    ) -> Result<(), DeskError> {
        let plain = write_part(manifest, number, content).map_err(DeskError::damaged)?;
        if plain.len() > INLINE {
            return self.object(desk, (manifest, number), content);
        }
        let key = FileKey::generate();
        let payload = seal_payload(&key, &plain);
        let facts = (Digest::of(&payload).hex(), payload.len() as u64);
        self.add((manifest, number), facts, Place::Row, key)?;
        self.rows.push(PartRow { number, payload });
        Ok(())
    }

    fn object(
        &mut self,
        desk: &Desk<'_>,
        (manifest, number): (&SignedManifest, u32),
        mut content: impl Read,
    ) -> Result<(), DeskError> {
        let key = FileKey::generate();
        let upload = desk.keeper.upload()?;
        let payload = PayloadWriter::new(&key, upload)?;
        let mut part = PartWriter::new(payload, manifest, number).map_err(not_finished)?;
        let mut chunk = zeroize::Zeroizing::new(vec![0; CHUNK]);
        loop {
            let count = content.read(&mut chunk)?;
            if count == 0 {
                break;
            }
            part.write_all(chunk.get(..count).unwrap_or_default())
                .map_err(not_written)?;
            desk.keeper.progressed(count as u64);
        }
        let payload = part.finish().map_err(not_finished)?;
        let stored = payload.finish()?.finish().map_err(LineError::from)?;
        let facts = (hex(&stored.sha256), stored.length);
        self.add((manifest, number), facts, Place::Object, key)
    }

    fn add(
        &mut self,
        (manifest, number): (&SignedManifest, u32),
        (sha256, size_step): (String, u64),
        place: Place,
        key: FileKey,
    ) -> Result<(), DeskError> {
        let part = manifest.claimed().part(number).ok_or_else(unexpected)?;
        let sort = part.sort.word().to_owned();
        self.parts.push(PartFacts {
            number,
            sort,
            sha256,
            size_step,
            place,
        });
        self.keys.push((number, key));
        Ok(())
    }
}

/// A digest as facts spell it.
fn digest(text: &str) -> Result<Digest, DeskError> {
    Digest::from_hex(text).ok_or_else(unexpected)
}

/// More content than in the first pass, or a disk that does not take it.
fn not_written(error: io::Error) -> DeskError {
    match error.kind() {
        io::ErrorKind::InvalidInput => changed(),
        _ => error.into(),
    }
}

fn not_finished(error: PartError) -> DeskError {
    match error {
        PartError::Io(error) => error.into(),
        _ => changed(),
    }
}

fn changed() -> DeskError {
    DeskError::refused(
        "attachment-changed",
        "an attachment changed while it was being filed; nothing was stored, try again",
    )
}
