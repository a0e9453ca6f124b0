//! What is decided over in the place of what there is not.

use std::collections::HashSet;

use cedar_policy::RestrictedExpression;

use crate::keeper::policy::names::uid;
use crate::keeper::policy::slice::Attributes;
use crate::keeper::policy::slice::Misfit;
use crate::keeper::policy::slice::STAND_IN;
use crate::keeper::policy::slice::Slice;
use crate::keeper::policy::slice::values::key;
use crate::keeper::policy::slice::values::one;
use crate::keeper::policy::slice::values::set;

impl Slice<'_> {
    /// A record nobody may know of, of a kind nobody reads, so that an unknown id costs what a hidden
    /// one costs.
    pub(super) fn stand_in(&mut self) -> Result<(), Misfit> {
        if std::mem::replace(&mut self.stand_in, true) {
            return Ok(());
        }
        let names = self.names;
        let nobody = || one(uid(&names.user, STAND_IN));
        let none = || set([]);
        let flag = RestrictedExpression::new_bool;
        let kind = Attributes::from([
            ("reader_roles".to_owned(), none()),
            ("reader_ties".to_owned(), none()),
            ("writer_roles".to_owned(), none()),
            ("writer_ties".to_owned(), none()),
            ("hidden".to_owned(), flag(true)),
            ("break_glass".to_owned(), flag(false)),
        ]);
        self.push(uid(&names.kind, STAND_IN), kind, HashSet::new())?;
        let record = Attributes::from([
            ("key".to_owned(), key(STAND_IN)),
            ("kind".to_owned(), one(uid(&names.kind, STAND_IN))),
            ("author".to_owned(), nobody()),
            ("deciders".to_owned(), none()),
            (
                "excluded".to_owned(),
                RestrictedExpression::new_set([nobody()]),
            ),
            ("purpose_required".to_owned(), flag(true)),
            ("exportable".to_owned(), flag(false)),
            ("state".to_owned(), one(uid(&names.record_state, "filed"))),
        ]);
        self.push(uid(&names.record, STAND_IN), record, HashSet::new())
    }
}
