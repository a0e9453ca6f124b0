//! The day a record stands under when it is looked for by date.

use crate::keeper::facts::RecordFacts;
use crate::records::dates;

impl RecordFacts {
    /// When what it tells happened; where that is not known, when it was filed, by London's calendar. As
    /// `YYYY-MM-DD`.
    pub fn day(&self) -> String {
        self.event_date.clone().unwrap_or_else(|| {
            let filed = dates::in_london(self.filed_at);
            filed.map_or_else(String::new, |at| at.date().to_string())
        })
    }
}
