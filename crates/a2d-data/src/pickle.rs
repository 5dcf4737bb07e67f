//! Tensors and dictionaries of them in Python's pickle format, of which only what these take is known: nothing is
//! called, and whatever else there is is refused.

use crate::error::one_line;
use std::collections::HashMap;
use std::rc::Rc;

/// What is said of a tensor, whose values lie elsewhere.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tensor {
    /// PyTorch's name of the type, such as `torch FloatStorage`.
    pub(crate) storage: String,
    /// The name of the member with the values.
    pub(crate) key: String,
    /// How many values there are in it.
    pub(crate) elements: u64,
    /// The number of the tensor's first value.
    pub(crate) offset: u64,
    pub(crate) shape: Vec<usize>,
    pub(crate) strides: Vec<usize>,
}

impl Tensor {
    /// Whether the values lie in row-major order without gaps.
    pub(crate) fn is_contiguous(&self) -> bool {
        let mut expected = Some(1_usize);
        self.strides.len() == self.shape.len()
            && self.shape.iter().zip(&self.strides).rev().all(|(length, stride)| {
                let fits = *length == 1 || Some(*stride) == expected;
                expected = expected.and_then(|expected| expected.checked_mul(*length));
                fits
            })
    }
}

/// A value that a pickle is a program for.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// Where a tuple, a list or the items of a dictionary begin.
    Mark,
    None,
    /// Module and name of something of Python, which is never looked up.
    Global(Rc<str>),
    Text(Rc<str>),
    Number(i64),
    Truth(bool),
    Tuple(Tuple),
    List(Vec<Value>),
    /// Keys and values by turns.
    Dictionary(Vec<Value>),
    /// What a persistent identifier stands for: its fields.
    Storage(Tuple),
    Tensor(Rc<Tensor>),
}

/// A row of values.
#[derive(Clone, Debug)]
pub(crate) struct Tuple {
    values: Rc<[Value]>,
    /// How many tuples lie within each other.
    depth: usize,
}

/// No tensor has tuples that lie deeper within each other, and no program may use up the stack.
const DEEPEST: usize = 8;

impl Tuple {
    fn of(values: Vec<Value>) -> Result<Self, String> {
        let depth = 1 + deepest(&values)?;
        Ok(Self { values: values.into(), depth })
    }
}

/// How deep the deepest of these values is.
fn deepest(values: &[Value]) -> Result<usize, String> {
    let depth = |value: &Value| match value {
        Value::Tuple(inner) | Value::Storage(inner) => Ok(inner.depth),
        Value::List(inner) => Ok(1 + deepest(inner)?),
        Value::Dictionary(items) => Ok(1 + deepest(items)?),
        _ => Ok(0),
    };
    let depths = values.iter().map(depth).collect::<Result<Vec<_>, String>>()?;
    let depth = depths.into_iter().max().unwrap_or_default();
    if depth >= DEEPEST { Err(unexpected("values too deep within each other")) } else { Ok(depth) }
}

const REBUILD: &str = "torch._utils _rebuild_tensor_v2";
const DICTIONARY: &str = "collections OrderedDict";

/// The tensor that a pickle describes.
pub(crate) fn tensor(bytes: &[u8]) -> Result<Tensor, String> {
    let alone = |found: &str| {
        format!("expected a tensor alone, as torch.save(images, path) writes it, found {found}")
    };
    match value(bytes)? {
        (Value::Tensor(tensor), []) => {
            Rc::into_inner(tensor).ok_or_else(|| alone("one that is used twice"))
        }
        _ => Err(alone("something else")),
    }
}

/// The value that a pickle at the beginning of these bytes describes, and what is behind it.
pub(crate) fn value(bytes: &[u8]) -> Result<(Value, &[u8]), String> {
    let mut machine = Machine { bytes, stack: vec![], memo: HashMap::new() };
    loop {
        if let Some(done) = machine.step()? {
            return if machine.stack.is_empty() {
                Ok((done, machine.bytes))
            } else {
                Err(unexpected("something else"))
            };
        }
    }
}

fn unexpected(found: &str) -> String {
    format!("expected tensors alone, as torch.save writes them, found {found}")
}

struct Machine<'a> {
    /// What is still to be read.
    bytes: &'a [u8],
    stack: Vec<Value>,
    memo: HashMap<u32, Value>,
}

impl Machine<'_> {
    /// Does what the next opcode says; the result, if that was the last.
    fn step(&mut self) -> Result<Option<Value>, String> {
        let [opcode] = self.take()?;
        match opcode {
            b'\x80' => {
                let [version] = self.take()?;
                if version != 2 {
                    return Err(format!("expected pickle protocol 2, found {version}"));
                }
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.stack.push(Value::Global(format!("{module} {name}").into()));
            }
            b'X' => {
                let len = u32::from_le_bytes(self.take()?) as usize;
                let (text, rest) = self.bytes.split_at_checked(len).ok_or_else(cut)?;
                let text = std::str::from_utf8(text).map_err(one_line)?;
                self.stack.push(Value::Text(text.into()));
                self.bytes = rest;
            }
            b'K' => {
                let [number] = self.take()?;
                self.stack.push(Value::Number(number.into()));
            }
            b'M' => {
                let number = u16::from_le_bytes(self.take()?);
                self.stack.push(Value::Number(number.into()));
            }
            b'J' => {
                let number = i32::from_le_bytes(self.take()?);
                self.stack.push(Value::Number(number.into()));
            }
            b'\x8a' => self.long()?,
            b'\x88' | b'\x89' => self.stack.push(Value::Truth(opcode == b'\x88')),
            b'(' => self.stack.push(Value::Mark),
            b'N' => self.stack.push(Value::None),
            b']' => self.stack.push(Value::List(vec![])),
            b'}' => self.stack.push(Value::Dictionary(vec![])),
            b')' => self.stack.push(Value::Tuple(Tuple::of(vec![])?)),
            b't' => {
                let values = self.since_mark()?;
                self.stack.push(Value::Tuple(Tuple::of(values)?));
            }
            b'e' => {
                let values = self.since_mark()?;
                let _ = deepest(&values)?;
                match self.stack.last_mut() {
                    Some(Value::List(list)) => list.extend(values),
                    _ => return Err(cut()),
                }
            }
            b'u' => {
                let values = self.since_mark()?;
                self.put(values)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.put(vec![key, value])?;
            }
            b'b' => match (self.pop()?, self.stack.last()) {
                // What is noted beside a dictionary of weights says nothing of them.
                (Value::Dictionary(_), Some(Value::Dictionary(_))) => (),
                _ => return Err(unexpected("an object with a state of its own")),
            },
            b'\x85' | b'\x86' | b'\x87' => {
                let len = usize::from(opcode - b'\x84');
                let first = self.stack.len().checked_sub(len).ok_or_else(cut)?;
                let values = self.stack.drain(first..).collect();
                self.stack.push(Value::Tuple(Tuple::of(values)?));
            }
            b'q' | b'h' => {
                let [place] = self.take()?;
                self.remember_or_recall(opcode == b'q', place.into())?;
            }
            b'r' | b'j' => {
                let place = u32::from_le_bytes(self.take()?);
                self.remember_or_recall(opcode == b'r', place)?;
            }
            b'Q' => match self.pop()? {
                Value::Tuple(fields) => self.stack.push(Value::Storage(fields)),
                _ => return Err(unexpected("an identifier of another kind")),
            },
            b'R' => {
                let (arguments, called) = (self.pop()?, self.pop()?);
                self.stack.push(reduced(&called, &arguments)?);
            }
            b'.' => {
                // Nothing is wanted of what was remembered, which holds on to the result.
                self.memo.clear();
                return self.pop().map(Some);
            }
            other => return Err(unexpected(&format!("opcode {other:#04x}"))),
        }
        Ok(None)
    }

    fn take<const LEN: usize>(&mut self) -> Result<[u8; LEN], String> {
        let (bytes, rest) = self.bytes.split_first_chunk().ok_or_else(cut)?;
        self.bytes = rest;
        Ok(*bytes)
    }

    /// The text up to the end of the line.
    fn line(&mut self) -> Result<String, String> {
        let end = self.bytes.iter().position(|byte| *byte == b'\n').ok_or_else(cut)?;
        let text = std::str::from_utf8(&self.bytes[..end]).map_err(one_line)?;
        self.bytes = &self.bytes[end + 1..];
        Ok(text.to_owned())
    }

    /// A number of so many bytes as the first one says.
    fn long(&mut self) -> Result<(), String> {
        let [len] = self.take()?;
        let (digits, rest) = self.bytes.split_at_checked(len.into()).ok_or_else(cut)?;
        let is_negative = digits.last().is_some_and(|digit| *digit >= 0x80);
        if digits.len() > 8 || is_negative {
            return Err("a number is negative or has more than 64 bits".to_owned());
        }
        let number = digits.iter().rev().fold(0, |number, digit| number << 8 | i64::from(*digit));
        self.stack.push(Value::Number(number));
        self.bytes = rest;
        Ok(())
    }

    /// The values since the last mark.
    fn since_mark(&mut self) -> Result<Vec<Value>, String> {
        let is_mark = |value: &Value| matches!(value, Value::Mark);
        let mark = self.stack.iter().rposition(is_mark).ok_or_else(cut)?;
        Ok(self.stack.drain(mark..).skip(1).collect())
    }

    /// Puts keys and values by turns into the dictionary on the stack.
    fn put(&mut self, values: Vec<Value>) -> Result<(), String> {
        let _ = deepest(&values)?;
        let Some(Value::Dictionary(items)) = self.stack.last_mut() else { return Err(cut()) };
        if !values.len().is_multiple_of(2) {
            return Err(cut());
        }
        items.extend(values);
        Ok(())
    }

    fn remember_or_recall(&mut self, remember: bool, place: u32) -> Result<(), String> {
        if remember {
            let value = self.stack.last().ok_or_else(cut)?.clone();
            self.memo.insert(place, value);
        } else {
            let value = self.memo.get(&place).ok_or_else(cut)?.clone();
            // It may have got items since it was remembered.
            if matches!(value, Value::List(_) | Value::Dictionary(_)) {
                return Err(unexpected("a list or dictionary that is used twice"));
            }
            self.stack.push(value);
        }
        Ok(())
    }

    fn pop(&mut self) -> Result<Value, String> {
        self.stack.pop().ok_or_else(cut)
    }
}

fn cut() -> String {
    "the description of tensors is cut or wrong".to_owned()
}

/// What the two calls of a description give.
fn reduced(called: &Value, arguments: &Value) -> Result<Value, String> {
    let (Value::Global(name), Value::Tuple(arguments)) = (called, arguments) else {
        return Err(cut());
    };
    match (&**name, &*arguments.values) {
        (DICTIONARY, []) => Ok(Value::Dictionary(vec![])),
        (
            REBUILD,
            [
                Value::Storage(storage),
                Value::Number(offset),
                Value::Tuple(shape),
                Value::Tuple(strides),
                Value::Truth(_),
                Value::Dictionary(hooks),
            ],
        ) if hooks.is_empty() => {
            let [
                Value::Text(kind),
                Value::Global(of),
                Value::Text(key),
                _,
                Value::Number(elements),
                // Of older files, that it is no part of another storage.
                ..,
            ] = &*storage.values
            else {
                return Err(cut());
            };
            if &**kind != "storage" || !matches!(storage.values.get(5..), Some([] | [Value::None]))
            {
                return Err(unexpected("a storage of another kind"));
            }
            let tensor = Tensor {
                storage: of.to_string(),
                key: key.to_string(),
                elements: u64::try_from(*elements).map_err(one_line)?,
                offset: u64::try_from(*offset).map_err(one_line)?,
                shape: lengths(&shape.values)?,
                strides: lengths(&strides.values)?,
            };
            Ok(Value::Tensor(Rc::new(tensor)))
        }
        _ => Err(unexpected(&one_line(name))),
    }
}

fn lengths(values: &[Value]) -> Result<Vec<usize>, String> {
    let length = |value: &Value| match value {
        Value::Number(number) => usize::try_from(*number).map_err(|_| {
            format!("a length or stride of the tensor is {number}, expected at least 0")
        }),
        _ => Err(cut()),
    };
    values.iter().map(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    /// The description of a tensor of this shape, as PyTorch writes it.
    fn described(shape: &[u8], strides: &[u8]) -> Vec<u8> {
        let tuple = |lengths: &[u8]| {
            let numbers = lengths.iter().flat_map(|length| [b'K', *length]);
            [vec![b'('], numbers.collect(), vec![b't']].concat()
        };
        [
            &b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\nq\x00((X\x07\0\0\0storageq\x01"[..],
            b"ctorch\nByteStorage\nq\x02X\x01\0\0\x000q\x03X\x03\0\0\0cpuq\x04K\x63tq\x05QK\x07",
            &tuple(shape),
            &tuple(strides),
            b"\x89ccollections\nOrderedDict\nq\x08)Rq\x09tq\x0aRq\x0b.",
        ]
        .concat()
    }

    #[test]
    fn a_tensor_is_what_its_description_says() {
        let found = tensor(&described(&[2, 1, 3], &[3, 9, 1])).unwrap();
        let expected = Tensor {
            storage: "torch ByteStorage".into(),
            key: "0".into(),
            elements: 99,
            offset: 7,
            shape: vec![2, 1, 3],
            strides: vec![3, 9, 1],
        };
        assert_eq!(found, expected);
        assert!(found.is_contiguous(), "the stride of a single one does not count");
        for (shape, strides) in [(&[2, 3][..], &[1, 2][..]), (&[2, 3], &[4, 1]), (&[2, 3], &[1])] {
            assert!(!tensor(&described(shape, strides)).unwrap().is_contiguous(), "{strides:?}");
        }
    }

    #[test]
    fn nothing_is_called_and_nothing_left_over() {
        let whole = described(&[2], &[1]);
        for len in 0..whole.len() {
            assert!(tensor(&whole[..len]).is_err(), "{len}");
        }
        for (program, expected) in [
            (&[&whole[..], b"."].concat()[..], "found something else"),
            (b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.", "found os system"),
            (b"\x80\x04K\x01.", "expected pickle protocol 2, found 4"),
            (b"\x80\x02}q\x00.", "found something else"),
            (b"\x80\x02G.", "found opcode 0x47"),
            (b"}q\x00h\x00.", "used twice"),
            (b"(}}e.", "cut or wrong"),
            (b"}K\x01b.", "a state of its own"),
            (b"\x8a\x01\xff.", "negative or has more than 64 bits"),
            (b"h\x00.", "cut or wrong"),
        ] {
            let problem = tensor(program).unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
        // No depth uses up the stack.
        let many = |part: &[u8]| part.repeat(1 << 16);
        for program in [
            [b")".to_vec(), many(b"\x85")].concat(),
            [many(b"]("), b"]".to_vec(), many(b"e")].concat(),
            [many(b"}K\x01"), b"}".to_vec(), many(b"s")].concat(),
        ] {
            let problem = tensor(&[program, b".".to_vec()].concat()).unwrap_err();
            assert!(problem.contains("too deep"), "{problem}");
        }
    }

    proptest! {
        #[test]
        fn no_program_panics(
            bytes in vec(prop_oneof![any::<u8>(), prop::sample::select(b"\x80c\nXKMJN\x8a\x88\x89()t]e}usb\x85\x86\x87qhrjQR.".to_vec())], 0..64),
            at in any::<prop::sample::Index>(),
        ) {
            let _ = tensor(&bytes);
            let mut damaged = described(&[2, 3], &[3, 1]);
            let at = at.index(damaged.len());
            damaged.splice(at..damaged.len().min(at + 2), bytes);
            let _ = tensor(&damaged);
        }
    }
}
