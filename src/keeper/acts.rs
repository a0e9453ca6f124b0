//! The one list of acts: everything a person can do, as data.
//!
//! Commands, pages, policy and ledger events are derived from this list or checked against it. An act
//! that is missing from the policy schema, from the command line or from the tests' table fails a test.

use crate::ledger::Event;

/// One row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActRow {
    /// The act.
    pub act: Act,
    /// Its word: the Cedar action, and `act` in a signed ask.
    pub word: &'static str,
    /// The ledger event of its entry when it is allowed.
    pub event: Event,
    /// What it is done to.
    pub target: Target,
    /// What it takes besides permission; records may demand a purpose besides.
    pub needs: &'static [Need],
    /// Whether it is an entry of its own (public keys and one's own sign-in state are not content).
    pub logged: bool,
    /// The command that does it; empty for what desks do by themselves.
    pub command: &'static str,
    /// The act in words, after "may".
    pub says: &'static str,
}

/// What an act takes besides permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The asker says what for.
    Purpose,
    /// The asker says why.
    Reason,
    /// A second person agrees before it takes effect.
    SecondPerson,
}

/// What an act is done to: which facts decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The vault as a whole.
    Vault,
    /// An account.
    Account,
    /// A case.
    Case,
    /// A kind, and the case it would be filed in.
    Kind,
    /// A record.
    Record,
    /// A person on file.
    Person,
    /// A grant.
    Grant,
    /// A proposal.
    Proposal,
}

macro_rules! acts {
    ($($(#[$doc:meta])* $act:ident = $word:literal, $event:ident, $target:ident, [$($need:ident)*], $command:literal, $says:literal;)+) => {
        /// Anything a person can do (closed list).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act { $($(#[$doc])* $act,)+ }

        /// The list, in the order of the command line.
        pub const ACTS: &[ActRow] = &[$(acts!(@row $act, $word, $event, $target, [$($need)*], $command, $says),)+];
    };
    (@row $act:ident, $word:literal, $event:ident, $target:ident, [$($need:ident)*], $command:literal, $says:literal) => {
        ActRow {
            act: Act::$act,
            word: $word,
            event: Event::$event,
            target: Target::$target,
            needs: &[$(Need::$need),*],
            // Only public keys are no entry.
            logged: !matches!(Act::$act, Act::LookUpKeys),
            command: $command,
            says: $says,
        }
    };
}

acts! {
    /// Receive one's own sealed identity.
    SignIn = "sign-in", Login, Account, [], "", "sign in";
    /// Learn the public keys needed to seal for others.
    LookUpKeys = "look-up-keys", List, Vault, [], "", "learn the public keys things are sealed to";
    /// Be served what one's own desk could seal on.
    LookUpErrands = "look-up-errands", List, Vault, [], "", "be told which keys colleagues lack";
    /// Do what keys lack against policy.
    FillErrands = "fill-errands", Member, Vault, [], "", "seal keys on for those who are entitled to them";
    /// Make an account.
    AddUser = "add-user", Enrol, Vault, [], "user add", "add a user";
    /// See the directory.
    ListUsers = "list-users", List, Vault, [], "user list", "see who has an account";
    /// See one account.
    ShowUser = "show-user", List, Account, [], "user show", "see an account";
    /// Stop an account at once.
    SuspendUser = "suspend-user", Admin, Account, [], "user suspend", "suspend a user";
    /// Let a suspended account work again.
    ResumeUser = "resume-user", Admin, Account, [], "user resume", "let a suspended user work again";
    /// Take new keys under an own passphrase.
    ChangePassphrase = "change-passphrase", Enrol, Account, [], "user passphrase", "set your own passphrase";
    /// End an account for good.
    LeaveUser = "leave-user", Admin, Account, [], "user leave", "end a user's account";
    /// Invite someone to make an account of their own.
    InviteUser = "invite-user", Enrol, Vault, [], "user invite", "invite somebody";
    /// Give someone new keys whose passphrase is lost.
    ReissueUser = "reissue-user", Propose, Account, [SecondPerson], "user reissue", "give a user new keys";
    /// Give someone a further role.
    AddToRoleTeam = "add-to-role-team", Member, Account, [], "team add", "put someone on a role's team";
    /// Take a further role from someone.
    RemoveFromRoleTeam = "remove-from-role-team", Member, Account, [], "team remove", "take someone off a role's team";
    /// Open a case.
    OpenCase = "open-case", Admin, Vault, [], "case open", "open a case";
    /// See the cases.
    ListCases = "list-cases", List, Vault, [], "case list", "list cases";
    /// See one case.
    ShowCase = "show-case", List, Case, [], "case show", "see a case";
    /// Close a case.
    CloseCase = "close-case", Admin, Case, [], "case close", "close a case";
    /// Open a closed case again.
    ReopenCase = "reopen-case", Admin, Case, [], "case reopen", "reopen a case";
    /// Put someone on a case's team.
    AddToTeam = "add-to-team", Member, Case, [], "case team add", "put someone on a case's team";
    /// Take someone off a case's team.
    RemoveFromTeam = "remove-from-team", Member, Case, [], "case team remove", "take someone off a case's team";
    /// Say that one knows a family oneself.
    DeclareConflict = "declare-conflict", Member, Case, [Reason], "case conflict", "say that you know a case's family";
    /// Say that somebody else knows a family.
    NoteConflict = "note-conflict", Member, Case, [Reason], "case conflict", "say that somebody knows a case's family";
    /// Say that nothing speaks against somebody any more.
    EndConflict = "end-conflict", Member, Case, [Reason], "case conflict", "end what keeps somebody apart from a case";
    /// Put somebody on file.
    AddPerson = "add-person", Admin, Vault, [], "person add", "put somebody on file";
    /// See who is on file.
    ListPeople = "list-people", List, Vault, [], "person list", "list the people on file";
    /// See somebody on file.
    ShowPerson = "show-person", List, Person, [], "person show", "see somebody on file";
    /// Correct what is on file of somebody.
    AmendPerson = "amend-person", Admin, Person, [Reason], "person amend", "correct what is on file of somebody";
    /// Say what part somebody has in a case.
    LinkPerson = "link-person", Admin, Person, [], "person link", "say what part somebody has in a case";
    /// Say that somebody is no part of a case any more.
    UnlinkPerson = "unlink-person", Admin, Person, [Reason], "person unlink", "say that somebody is no part of a case";
    /// See who looked at somebody on file.
    ShowPersonLooks = "show-person-looks", List, Person, [], "person looked", "see who looked at somebody on file";
    /// Say that two on file are one person.
    SamePerson = "same-person", Admin, Person, [], "person same", "say that two on file are one person";
    /// Say that two on file are two people.
    TellApart = "tell-apart", Admin, Person, [Reason], "person same", "say that two on file are two people";
    /// File a record.
    AddRecord = "add-record", Store, Kind, [], "record add", "file a record";
    /// File once what the case's service does not take.
    OverrideService = "override-service", Propose, Kind, [Reason SecondPerson], "record add", "file what the case's service does not take";
    /// File many records from a folder.
    ImportRecords = "import-records", Import, Kind, [], "import", "import records";
    /// See which records there are.
    ListRecords = "list-records", List, Record, [], "record list", "list a record";
    /// Be shown what a search has found.
    FindRecords = "find-records", Search, Record, [], "find", "find a record";
    /// Be served records' texts, to search them.
    SearchText = "search-text", Search, Record, [], "find", "search the text of a record";
    /// Read a record.
    ReadRecord = "read-record", Read, Record, [], "record show", "read a record";
    /// Read an attachment.
    ReadAttachment = "read-attachment", Read, Record, [], "record attachment", "read an attachment";
    /// See who did what with a record.
    ShowHistory = "show-history", List, Record, [], "record history", "see a record's history";
    /// See who looked at a record.
    ShowLooks = "show-looks", List, Record, [], "record looked", "see who looked at a record";
    /// File a corrected version.
    AmendRecord = "amend-record", Amend, Record, [Reason], "record amend", "correct a record";
    /// Say that a record was looked over by somebody who did not write it.
    CheckRecord = "check-record", Check, Record, [], "record check", "check what somebody else filed";
    /// Send a record back to its author.
    ReturnRecord = "return-record", Check, Record, [Reason], "record return", "return what somebody else filed";
    /// Take a copy out as an age file.
    ExportRecord = "export-record", Export, Record, [], "record export", "export a record";
    /// Put a copy on paper.
    PrintRecord = "print-record", Print, Record, [], "record print", "print a record";
    /// Give somebody outside the centre a copy.
    ReleaseRecord = "release-record", Release, Record, [], "record release", "release a record to somebody outside";
    /// Ask a second person to let a record go out.
    ProposeRelease = "propose-release", Propose, Record, [Reason SecondPerson], "record release", "propose that a record is released";
    /// Make a record not exist for someone.
    ExcludeUser = "exclude-user", Member, Record, [], "record exclude", "exclude someone from a record";
    /// Keep a record to certain roles.
    RestrictRecord = "restrict-record", Member, Record, [], "record restrict", "restrict a record to roles";
    /// Put a record that was filed in the wrong place into another case.
    MoveRecord = "move-record", Propose, Record, [Reason SecondPerson], "record move", "move a record to another case";
    /// Name who decides on a record.
    NameDeciders = "name-deciders", Member, Record, [], "record deciders", "name a record's decision-makers";
    /// Give a record to somebody else to handle.
    NameHandler = "name-handler", Member, Record, [], "record handler", "say who handles a record";
    /// Read at once what is not one's own to read, because a child is at risk.
    BreakGlass = "break-glass", Breakglass, Record, [Reason], "breakglass open", "open a record in an emergency";
    /// Say what came of looking at an opening in an emergency.
    ReviewOpening = "review-opening", Check, Record, [Reason], "breakglass review", "review an opening in an emergency";
    /// Let someone see a whole case until a date.
    GrantCase = "grant-case", Propose, Case, [Purpose SecondPerson], "grant add", "give access to a case";
    /// Let someone see a record until a date.
    GrantRecord = "grant-record", Propose, Record, [Purpose SecondPerson], "grant add", "give access to a record";
    /// See the grants.
    ListGrants = "list-grants", List, Vault, [], "grant list", "list grants";
    /// End a grant at once.
    RevokeGrant = "revoke-grant", End, Grant, [], "grant revoke", "revoke a grant";
    /// Take out what a grant was and what came of it.
    StateGrant = "state-grant", List, Grant, [], "grant statement", "take out a grant's statement";
    /// See what waits for a second person.
    ListProposals = "list-proposals", List, Vault, [], "proposal list", "list proposals";
    /// See one proposal.
    ShowProposal = "show-proposal", List, Proposal, [], "proposal show", "see a proposal";
    /// Be the second person.
    ApproveProposal = "approve-proposal", Approve, Proposal, [], "proposal approve", "approve a proposal";
    /// Say no to a proposal.
    RefuseProposal = "refuse-proposal", Approve, Proposal, [Reason], "proposal refuse", "refuse a proposal";
    /// Take one's own proposal back.
    WithdrawProposal = "withdraw-proposal", End, Proposal, [], "proposal withdraw", "withdraw a proposal";
    /// Compare keys and policy over the whole vault.
    CheckAccess = "check-access", List, Vault, [], "access check", "check who can open what";
    /// See who can open a record.
    WhoMayRead = "who-may-read", List, Record, [], "access who", "see who can open a record";
    /// See what someone can open.
    AccessOf = "access-of", List, Account, [], "access of", "see what someone can open";
    /// Say whether two people are needed, or one where there is no other.
    ChangeTwoPerson = "change-two-person", Propose, Vault, [SecondPerson], "vault two-person", "change whether two people are needed";
    /// Name a place outside the vault for backups or shares of its keys.
    AddPlace = "add-place", Admin, Vault, [], "vault place add", "name a place for backups or shares of the vault's keys";
    /// Take a place out of use.
    RemovePlace = "remove-place", Admin, Vault, [], "vault place remove", "take a place out of use";
    /// See the places.
    ListPlaces = "list-places", List, Vault, [], "vault place list", "see the vault's places";
    /// See what keys are waiting to be sealed on, and what one should know.
    ListErrands = "list-errands", List, Vault, [], "errands", "see what waits to be done";
    /// See what is to be done by when.
    ListDue = "list-due", List, Vault, [], "due", "see what is due";
    /// Say that one is out alone on a case, and until when.
    StartCheckIn = "start-check-in", Admin, Case, [], "check-in start", "say that you are out alone";
    /// Say that one is back.
    EndCheckIn = "end-check-in", Admin, Vault, [], "check-in end", "say that you are back";
    /// See who is out alone, and who has not come back in time.
    ListCheckIns = "list-check-ins", List, Vault, [], "check-in list", "see who is out alone";
    /// Be told what one should know, and say what one has read.
    ReadNotices = "read-notices", List, Vault, [], "errands", "read your notices";
    /// Change a compartment's key after somebody left it.
    Rekey = "re-key", Rekey, Vault, [], "", "change the key of what somebody left";
    /// See the ledger's entries with names.
    ShowAudit = "show-audit", List, Vault, [], "audit show", "see the audit entries";
    /// Take the ledger out with its entries.
    ExportAudit = "export-audit", Export, Vault, [], "audit export", "export the audit entries";
    /// Take out the proof of one entry.
    ProveEntry = "prove-entry", List, Vault, [], "audit proof", "take out the proof of an entry";
    /// Give the trustees a new recovery key.
    RotateRecovery = "rotate-recovery", Rotate, Vault, [], "recovery rotate", "give the trustees a new recovery key";
    /// Make new share files of the trustees' recovery key.
    MakeShares = "make-shares", Admin, Vault, [], "recovery shares", "make new shares for the trustees";
    /// Write down that two trustees could open their share, or see when they last could.
    RehearseRecovery = "rehearse-recovery", Admin, Vault, [], "recovery rehearse", "rehearse with the trustees";
}

impl Act {
    /// The act's row of the list.
    pub fn row(self) -> &'static ActRow {
        // INVARIANT: the macro makes one row for each variant, in order, so the fallback is never taken.
        const FIRST: &ActRow = match ACTS {
            [first, ..] => first,
            [] => unreachable!(),
        };
        ACTS.get(self as usize).unwrap_or(FIRST)
    }

    /// The act with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        ACTS.iter().find(|row| row.word == word).map(|row| row.act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_finds_its_own_row_and_words_are_unique() {
        for (at, row) in ACTS.iter().enumerate() {
            assert_eq!(row.act.row(), row);
            assert_eq!(Act::from_word(row.word), Some(row.act));
            assert!(ACTS[at + 1..].iter().all(|later| later.word != row.word));
            assert!(!row.says.is_empty());
        }
    }
}
