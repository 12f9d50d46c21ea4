//! Knowledge as rows.
