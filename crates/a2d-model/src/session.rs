//! Work on many items whose forward passes are shared.

use crate::Classifier;

/// Work on many items whose forward passes are shared: items join while there is room, advance together, and
/// each leaves when it is done, whenever that is.
///
/// A session owns all it needs but the classifier, which every step is given, so that it can be kept beside
/// one, moved to another thread, and fed from whatever source: a file, or requests as they come.
/// [`Classifier::work`] drives sessions over all items of an iterator.
pub trait Session: Send {
    /// An item to work on.
    type Query: Send;
    /// What comes of it.
    type Outcome: Send;
    /// What can go wrong.
    type Error: Send;

    /// How many items may join now.
    fn free(&self) -> usize;

    /// Whether there is nothing to do: no item is under way.
    fn is_idle(&self) -> bool;

    /// An item joins. It is worked on from the next step.
    ///
    /// # Errors
    /// If the item cannot be worked on, or there is no room. The session stays as it was.
    fn push(&mut self, query: Self::Query) -> Result<(), Self::Error>;

    /// Advances all items by a step. Those that are done leave, in no particular order.
    ///
    /// # Errors
    /// If the step fails, or is given another classifier than the steps before. An item that is at fault
    /// leaves; the others go on with the next step.
    fn step(&mut self, classifier: &Classifier) -> Result<Vec<Self::Outcome>, Self::Error>;
}

impl<S: Session + ?Sized> Session for Box<S> {
    type Query = S::Query;
    type Outcome = S::Outcome;
    type Error = S::Error;

    fn free(&self) -> usize {
        (**self).free()
    }

    fn is_idle(&self) -> bool {
        (**self).is_idle()
    }

    fn push(&mut self, query: Self::Query) -> Result<(), Self::Error> {
        (**self).push(query)
    }

    fn step(&mut self, classifier: &Classifier) -> Result<Vec<Self::Outcome>, Self::Error> {
        (**self).step(classifier)
    }
}
