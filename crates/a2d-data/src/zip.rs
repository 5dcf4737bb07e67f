//! Where the members of a zip archive lie in its file, as npz files and tensors of PyTorch are such.

use crate::error::one_line;
use crate::input_file::InputFile;
use crate::problem::Problem;
use std::collections::HashSet;
use std::ops::Range;

/// The first bytes of every archive that has a member.
pub(crate) const MAGIC: &[u8] = b"PK\x03\x04";

/// The lengths of what always stands in the four kinds of records.
const END: usize = 22;
const LOCATOR: usize = 20;
const END_64: usize = 56;
const ENTRY: usize = 46;
const LOCAL: usize = 30;

/// The longest comment after the end record.
const MAX_COMMENT: usize = u16::MAX as usize;
/// The longest directory that is read: some ten thousand members.
const MAX_DIRECTORY: u64 = 1 << 20;

/// What a field of 32 bits says where a longer one says more.
const ELSEWHERE: u64 = u32::MAX as u64;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Whether it is deflated; else it lies there as it is.
    pub(crate) deflated: bool,
    pub(crate) crc: u32,
    /// The bytes of the file that hold its content.
    pub(crate) place: Range<u64>,
    /// The length of its content.
    pub(crate) len: u64,
}

/// A little-endian number of these bytes, if they are there.
fn number(bytes: &[u8], place: Range<usize>) -> Result<u64, &'static str> {
    let bytes = bytes.get(place).ok_or("a record is cut")?;
    Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// The members of the archive that the file is, from its first to its last byte. Each has a name of its own.
pub(crate) fn members(file: &InputFile) -> Result<Vec<Member>, Problem> {
    let (count, directory) = directory(file)?;
    let bytes = file.part(directory.clone(), MAX_DIRECTORY as usize)?;
    let (mut rest, mut members, mut names) = (&bytes[..], vec![], HashSet::new());
    while !rest.is_empty() {
        let length = |at| number(rest, at..at + 2).map(|length| length as usize);
        let lengths = [length(28)?, length(30)?, length(32)?];
        let end = ENTRY + lengths.iter().sum::<usize>();
        let entry = rest.get(..end).ok_or("a record of the directory is cut")?;
        let member = member(file, entry, lengths, directory.start)?;
        if !names.insert(member.name.clone()) {
            let name = one_line(&member.name);
            return Err(format!("expected each name once, found {name:?} twice").into());
        }
        members.push(member);
        rest = &rest[end..];
    }
    if members.len() as u64 != count {
        let found = members.len();
        return Err(format!("the archive claims {count} members, its directory has {found}").into());
    }
    Ok(members)
}

/// How many members there are, and where the directory of them lies.
fn directory(file: &InputFile) -> Result<(u64, Range<u64>), Problem> {
    let len = file.len();
    let tail_start = len.saturating_sub((END + MAX_COMMENT + LOCATOR) as u64);
    let tail = file.part(tail_start..len, END + MAX_COMMENT + LOCATOR)?;
    let is_end = |at: &usize| {
        let comment = number(&tail, at + 20..at + END);
        tail[*at..].starts_with(b"PK\x05\x06") && comment == Ok((tail.len() - at - END) as u64)
    };
    let at = (0..(tail.len() + 1).saturating_sub(END)).rev().find(is_end);
    let at = at.ok_or("expected the end of the archive at the end of the file, found none")?;
    let end = &tail[at..];
    let mut fields = [number(end, 10..12)?, number(end, 12..16)?, number(end, 16..20)?];
    let [count, size, start] = fields;
    if count == u64::from(u16::MAX) || size == ELSEWHERE || start == ELSEWHERE {
        let locator = at.checked_sub(LOCATOR).map(|at| &tail[at..]);
        let locator = locator.filter(|locator| locator.starts_with(b"PK\x06\x07"));
        let place = number(locator.ok_or("expected a long end record, found none")?, 8..16)?;
        if place > len.saturating_sub(END_64 as u64) {
            return Err("the long end record is beyond the end of the file".into());
        }
        let record = file.part(place..place + END_64 as u64, END_64)?;
        if !record.starts_with(b"PK\x06\x06") {
            return Err("expected a long end record, found none".into());
        }
        fields = [number(&record, 32..40)?, number(&record, 40..48)?, number(&record, 48..56)?];
    }
    let [count, size, start] = fields;
    if size > MAX_DIRECTORY {
        return Err(
            format!("the directory takes {size} bytes, expected at most {MAX_DIRECTORY}").into()
        );
    }
    match start.checked_add(size) {
        Some(end) if end <= tail_start + at as u64 => Ok((count, start..end)),
        _ => Err("the directory goes beyond the end of the archive".into()),
    }
}

/// The member that an entry of the directory is about; the entry's name, longer numbers and comment have these
/// lengths. All content lies before `end`.
fn member(
    file: &InputFile,
    entry: &[u8],
    [name_len, extra_len, _]: [usize; 3],
    end: u64,
) -> Result<Member, Problem> {
    if !entry.starts_with(b"PK\x01\x02") {
        return Err("expected an entry of the directory, found none".into());
    }
    let (name, rest) = entry[ENTRY..].split_at(name_len);
    let text = std::str::from_utf8(name).map_err(|_| "the name of a member is not UTF-8")?;
    let shown = one_line(text);
    let flags = number(entry, 8..10)?;
    let method = number(entry, 10..12)?;
    if flags & 1 != 0 || !matches!(method, 0 | 8) {
        let found = if flags & 1 == 0 { format!("method {method}") } else { "a cipher".into() };
        return Err(format!("{shown}: expected a stored or deflated member, found {found}").into());
    }
    let mut long = long_numbers(&rest[..extra_len])?.into_iter();
    let mut wide = |at: Range<usize>| match number(entry, at)? {
        ELSEWHERE => long.next().ok_or("a long number of a member is missing"),
        number => Ok(number),
    };
    // In the order of the long ones.
    let (len, packed, offset) = (wide(24..28)?, wide(20..24)?, wide(42..46)?);
    let crc = number(entry, 16..20)? as u32;
    if offset.checked_add(LOCAL as u64).is_none_or(|start| start > end) {
        return Err(format!("{shown}: the member begins beyond the end of the archive").into());
    }
    let local = file.part(offset..offset + LOCAL as u64, LOCAL)?;
    let start = offset + LOCAL as u64 + number(&local, 26..28)? + number(&local, 28..30)?;
    let place = start..start.saturating_add(packed);
    if !local.starts_with(MAGIC) || place.end > end {
        return Err(format!("{shown}: the member is not where the directory says").into());
    }
    if method == 0 && len != packed {
        return Err(format!("{shown}: {len} bytes are stored in {packed}").into());
    }
    Ok(Member { name: text.to_owned(), deflated: method == 8, crc, place, len })
}

/// The numbers of 64 bits among the extra fields of an entry.
fn long_numbers(mut extra: &[u8]) -> Result<Vec<u64>, &'static str> {
    while !extra.is_empty() {
        let (kind, len) = (number(extra, 0..2)?, number(extra, 2..4)? as usize);
        let field = extra.get(4..4 + len).ok_or("an extra field is cut")?;
        if kind == 1 {
            return (0..len / 8).map(|place| number(field, 8 * place..8 * place + 8)).collect();
        }
        extra = &extra[4 + len..];
    }
    Ok(vec![])
}
