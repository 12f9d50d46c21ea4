//! `.fw` text to a lossless tree, and back to the same bytes.
//!
//! In: any bytes. Out: a [`Tree`] whose tokens, one behind the other, are those bytes. Parsing never fails: what fits no
//! rule of the grammar becomes a token of kind [`TokenKind::Junk`]. What a line *means*, and what is wrong with it, is
//! decided in [`crate::config`], from the typed view in [`ast`].
//!
//! ```
//! use pvefw_core::syntax::Tree;
//! let text = b"[RULES]\n|IN  SSH(ACCEPT) -source 10.0.0.0/8 # ops\n\xff";
//! assert_eq!(Tree::parse(text).print(), text);
//! ```
//!
//! The grammar (spec 01): a file is lines; a line that starts with `[` heads a section; the section decides how its
//! lines are read. Whatever white space or comment stands where is a token like any other.

pub mod ast;
mod grammar;
mod lexer;
mod token;
mod tree;

pub(crate) use grammar::meant_section;
pub use grammar::{OptionName, SectionKind};
pub use lexer::LineKind;
pub(crate) use lexer::{BYTE_ORDER_MARK, Lexer};
pub use token::{Token, TokenKind};
pub use tree::{Line, Tree};
