//! Situations: how a record, a case, a grant or a proposal can stand to whoever asks.

use crate::ids::UserId;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::RecordState;
use crate::keeper::facts::Role;
use crate::keeper::policy::matrix::cast::HOUR_MS;
use crate::keeper::policy::matrix::cast::NOW;
use crate::keeper::policy::matrix::cast::grant;
use crate::keeper::policy::matrix::cast::record;
use crate::keeper::policy::matrix::cast::user;

/// A record and whoever asks about it.
#[derive(Debug)]
pub(crate) struct Scene<'c> {
    pub(crate) asker: UserId,
    pub(crate) case: Option<&'c CaseFacts>,
    pub(crate) facts: RecordFacts,
    pub(crate) grants: Vec<GrantFacts>,
    pub(crate) purpose: bool,
    pub(crate) reason: bool,
}

/// What differs from the ordinary: a record filed by somebody else, asked about with purpose and reason.
type Situation = (&'static str, fn(&mut Scene<'_>));

/// How every kind is asked about.
pub(crate) const SITUATIONS: &[Situation] = &[
    ("ordinary", |_| {}),
    ("filed by the asker", |s| s.facts.author = s.asker),
    ("handled by the asker", |s| s.facts.handler = Some(s.asker)),
    ("decided by the asker", |s| {
        s.facts.deciders = [s.asker].into();
    }),
    ("decided by others", |s| {
        s.facts.deciders = [user(1), user(2)].into();
    }),
    (ABOUT, |s| s.facts.excluded = [s.asker].into()),
    ("restricted to safeguarding leads", |s| {
        s.facts.only_roles = Some([Role::SafeguardingLead].into());
    }),
    ("no purpose", |s| s.purpose = false),
    ("no purpose, one needed", |s| {
        s.purpose = false;
        s.facts.purpose_required = true;
    }),
    ("no reason", |s| s.reason = false),
    ("not exportable", |s| s.facts.exportable = false),
    ("returned, filed by the asker", |s| {
        s.facts.author = s.asker;
        s.facts.state = RecordState::Returned;
    }),
    ("returned", |s| s.facts.state = RecordState::Returned),
    ("disposed", |s| s.facts.state = RecordState::Disposed),
    ("disposed, about the asker", |s| {
        s.facts.state = RecordState::Disposed;
        s.facts.excluded = [s.asker].into();
    }),
    ("granted to the asker", |s| s.granted(|_| {})),
];

/// The one situation besides the ordinary in which everybody is asked.
pub(crate) const ABOUT: &str = "about the asker";

/// How grants can stand: asked about one kind that is sealed to its case, and one that is not.
pub(crate) const GRANTS: &[Situation] = &[
    ("granted, not begun", |s| {
        s.granted(|grant| grant.from = NOW.plus_ms(1));
    }),
    ("granted, over", |s| s.granted(|grant| grant.until = NOW)),
    ("granted, revoked", |s| {
        s.granted(|grant| {
            grant.state = GrantState::Ended;
            grant.ended_at = Some(NOW);
            grant.until = NOW.plus_ms(HOUR_MS);
        });
    }),
    ("granted, waiting for a second person", |s| {
        s.granted(|grant| grant.state = GrantState::Waiting);
    }),
    ("granted, refused", |s| {
        s.granted(|grant| grant.state = GrantState::Refused);
    }),
    ("granted, then again", |s| {
        s.granted(|grant| grant.until = NOW);
        s.granted(|_| {});
    }),
    ("another record granted", |s| {
        let other = record(1, &s.facts.kind, None).id;
        s.granted(|grant| grant.records = [other].into());
    }),
    ("granted to somebody else", |s| {
        s.granted(|grant| grant.to = user(1));
    }),
    ("whole case granted", |s| {
        let case = s.case.map(|case| case.id);
        s.granted(|grant| {
            grant.records.clear();
            grant.case = case;
        });
    }),
    ("granted, about the asker", |s| {
        s.granted(|_| {});
        s.facts.excluded = [s.asker].into();
    }),
    ("granted, restricted to safeguarding leads", |s| {
        s.granted(|_| {});
        s.facts.only_roles = Some([Role::SafeguardingLead].into());
    }),
    ("granted, disposed", |s| {
        s.granted(|_| {});
        s.facts.state = RecordState::Disposed;
    }),
    ("granted, no purpose, one needed", |s| {
        s.granted(|_| {});
        s.purpose = false;
        s.facts.purpose_required = true;
    }),
];

impl Scene<'_> {
    /// Gives the asker a grant of the record, changed by `change`.
    fn granted(&mut self, change: impl FnOnce(&mut GrantFacts)) {
        let number = u32::try_from(self.grants.len()).unwrap_or(u32::MAX);
        let mut given = grant(number, self.asker);
        given.records.insert(self.facts.id);
        change(&mut given);
        self.grants.push(given);
    }
}
