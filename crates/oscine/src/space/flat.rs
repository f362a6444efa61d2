//! A tree laid out for walking.

use std::collections::HashMap;
use std::mem;
use std::ops::Range;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use foldhash::fast::FixedState;
use oscine_codec::Pattern;
use oscine_codec::pattern::PartPattern;

use crate::space::entry::Entries;
use crate::space::key::MethodKey;
use crate::space::node::Node;
use crate::space::place::Place;

/// The literal part of a tree, laid out so that neighbours in the tree are neighbours in memory.
///
/// A walk over the tree itself waits for memory at each node. This is made when walks have looked at as many nodes as
/// there are registrations: what it costs is of the order of what they have cost, and of one walk over everything.
///
/// Nodes are numbered level by level, the children of a node in the order of their names. Names are numbered in their
/// own order, so that children are in the order of the numbers of their names, and names that begin alike are
/// neighbours.
#[derive(Debug)]
pub(crate) struct Flat<T> {
    nodes: Vec<FlatNode>,
    /// The number of each node's name.
    name_of: Vec<u32>,
    /// All names, in order.
    names: Vec<Arc<str>>,
    /// What they begin with.
    heads: Vec<u64>,
    number_of: HashMap<Arc<str>, u32, FixedState>,
    /// Methods of nodes, by their places in `methods`.
    at: Vec<u32>,
    /// In the order of registration.
    methods: Vec<FlatMethod<T>>,
}

/// A method and where it is registered.
#[derive(Debug)]
pub(crate) struct FlatMethod<T> {
    pub(crate) value: T,
    pub(crate) place: Arc<Place>,
    pub(crate) key: MethodKey,
}

#[derive(Debug, Clone, Copy, Default)]
struct FlatNode {
    first_child: u32,
    children: u32,
    /// In `at`.
    first_method: u32,
    methods: u32,
}

impl<T: Clone> Flat<T> {
    /// Lays out what is at exactly one address. `None` if there is too much to be counted in 32 bits.
    fn new<'a>(root: &'a Node<T>, count: usize) -> Option<Self> {
        let mut flat = Self {
            nodes: Vec::new(),
            name_of: vec![0],
            names: Vec::new(),
            heads: Vec::new(),
            number_of: HashMap::default(),
            at: Vec::with_capacity(count),
            methods: Vec::with_capacity(count),
        };
        let mut level: Vec<(&'a str, &'a Node<T>)> = vec![("", root)];
        let (mut order, mut named): (Vec<&Entries<T>>, Vec<&'a str>) = (Vec::new(), vec![""]);
        while !level.is_empty() {
            let mut below = Vec::new();
            let first_below = flat.nodes.len().checked_add(level.len())?;
            for (_, node) in &level {
                let first_child = u32::try_from(first_below.checked_add(below.len())?).ok()?;
                below.extend(node.children.iter().map(|(name, child)| (&**name, &**child)));
                let end = u32::try_from(first_below.checked_add(below.len())?).ok()?;
                let first_method = u32::try_from(order.len()).ok()?;
                let mut methods = 0;
                if let Some(entries) = &node.entries {
                    let here = entries.as_slice().len();
                    order.extend(std::iter::repeat_n(entries, here));
                    methods = u32::try_from(here).ok()?;
                }
                let children = end - first_child;
                flat.nodes.push(FlatNode { first_child, children, first_method, methods });
            }
            named.extend(below.iter().map(|(name, _)| *name));
            level = below;
        }
        flat.number_names(&named)?;
        flat.sort_methods(&order)?;
        Some(flat)
    }

    fn number_names(&mut self, named: &[&str]) -> Option<()> {
        let mut names: Vec<_> = named.to_vec();
        names.sort_unstable();
        names.dedup();
        self.heads = names.iter().map(|name| head(name)).collect();
        self.names = names.into_iter().map(Arc::from).collect();
        for (number, name) in self.names.iter().enumerate() {
            self.number_of.insert(Arc::clone(name), u32::try_from(number).ok()?);
        }
        let numbers = named.iter().map(|name| self.number_of.get(*name).copied());
        self.name_of = numbers.collect::<Option<_>>()?;
        Some(())
    }

    /// `order` has the entries of each method, in the order of the nodes.
    fn sort_methods(&mut self, order: &[&Entries<T>]) -> Option<()> {
        let mut all = Vec::with_capacity(order.len());
        let mut of_node = 0;
        for (place, entries) in order.iter().enumerate() {
            let again = place > 0 && order.get(place - 1).is_some_and(|before| before.is(entries));
            of_node = if again { of_node + 1 } else { 0 };
            all.push((place, *entries, entries.as_slice().get(of_node)?));
        }
        all.sort_by_key(|(_, _, entry)| entry.key);
        self.at = vec![0; all.len()];
        for (number, (place, entries, entry)) in all.into_iter().enumerate() {
            *self.at.get_mut(place)? = u32::try_from(number).ok()?;
            let (value, key) = (entry.value.clone(), entry.key);
            self.methods.push(FlatMethod { value, place: Arc::clone(entries.place()), key });
        }
        Some(())
    }
}

impl<T> Flat<T> {
    /// The methods, by the numbers that [`matching`](Self::matching) gives.
    pub(crate) fn methods(&self) -> &[FlatMethod<T>] {
        &self.methods
    }

    /// The numbers of the methods at addresses that a pattern without `//` matches, in the order of registration.
    pub(crate) fn matching(&self, pattern: &Pattern) -> Vec<u32> {
        let (mut here, mut below) = (vec![0_u32], Vec::new());
        for part in pattern.parts() {
            let mut wanted = Wanted::new(self, part, here.len());
            below.reserve(here.len());
            for node in here.iter().filter_map(|&node| self.nodes.get(node as usize)) {
                wanted.children(self, node, &mut below);
            }
            mem::swap(&mut here, &mut below);
            if here.is_empty() {
                return Vec::new();
            }
            below.clear();
        }
        let nodes = here.iter().filter_map(|&node| self.nodes.get(node as usize));
        let numbers = &mut below;
        numbers.reserve(here.len());
        for node in nodes {
            let first = node.first_method as usize;
            numbers.extend(self.at.get(first..first + node.methods as usize).unwrap_or_default());
        }
        sorted(below, self.methods.len())
    }

    /// The numbers of the names that begin with `prefix`; perhaps some more.
    fn alike(&self, prefix: &str) -> Range<usize> {
        // Nearly always the heads tell, and they are neighbours in memory.
        let low = head(prefix);
        let high = low | u64::MAX.checked_shr(8 * small(prefix.len())).unwrap_or(0);
        let first = self.heads.partition_point(|&head| head < low);
        let alike = self.heads.get(first..).unwrap_or_default();
        let alike = first..first + alike.partition_point(|&head| head <= high);
        if prefix.len() <= 8 {
            return alike;
        }
        let names = self.names.get(alike.clone()).unwrap_or_default();
        let first = alike.start + names.partition_point(|name| &**name < prefix);
        let names = self.names.get(first..alike.end).unwrap_or_default();
        first..first + names.partition_point(|name| name.starts_with(prefix))
    }
}

/// The first eight bytes of a name, so that they are in the order of names.
fn head(name: &str) -> u64 {
    let mut head = [0; 8];
    head.iter_mut().zip(name.bytes()).for_each(|(to, byte)| *to = byte);
    u64::from_be_bytes(head)
}

/// A length that matters only if it is small.
fn small(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX / 8)
}

/// Sorts numbers below `count`.
fn sorted(mut numbers: Vec<u32>, count: usize) -> Vec<u32> {
    if numbers.len() < count / 64 {
        numbers.sort_unstable();
        return numbers;
    }
    // Many: marking them is quicker. No number is there twice.
    let mut marks = vec![0_u64; count.div_ceil(64)];
    for number in &numbers {
        if let Some(word) = marks.get_mut(*number as usize / 64) {
            *word |= 1 << (number % 64);
        }
    }
    numbers.clear();
    for (index, mut word) in (0_u32..).zip(marks) {
        while word != 0 {
            numbers.push(index * 64 + word.trailing_zeros());
            word &= word - 1;
        }
    }
    numbers
}

/// Which names a part of a pattern wants.
enum Wanted<'p> {
    /// All of them.
    All,
    /// One, and where it was among the children of the last node: mostly it is there again.
    One(u32, usize),
    /// These, in order.
    Listed(Vec<u32>),
    /// Those from `first` to `end` that match.
    Matching { part: &'p PartPattern, first: u32, end: u32, known: Vec<Option<bool>> },
}

impl<'p> Wanted<'p> {
    /// For the children of so many nodes.
    fn new<T>(flat: &Flat<T>, part: &'p PartPattern, nodes: usize) -> Self {
        if part.is_star() {
            return Self::All;
        }
        if let Some(name) = part.literal() {
            let number = flat.number_of.get(name).copied();
            return number.map_or(Self::Listed(Vec::new()), |number| Self::One(number, 0));
        }
        if let Some(names) = part.names() {
            let mut numbers: Vec<_> =
                names.filter_map(|name| flat.number_of.get(name).copied()).collect();
            numbers.sort_unstable();
            numbers.dedup();
            return Self::Listed(numbers);
        }
        let alike = flat.alike(part.prefix());
        // Each name is looked at once. It comes only once among the children of one node.
        let known = if nodes > 1 { vec![None; alike.len()] } else { Vec::new() };
        let number = |place| u32::try_from(place).unwrap_or(u32::MAX);
        Self::Matching { part, first: number(alike.start), end: number(alike.end), known }
    }

    /// Adds the children of `node` that are wanted.
    fn children<T>(&mut self, flat: &Flat<T>, node: &FlatNode, wanted: &mut Vec<u32>) {
        let (first, last) = (node.first_child, node.first_child + node.children);
        let names = flat.name_of.get(first as usize..last as usize).unwrap_or_default();
        let child = |place: usize| first + u32::try_from(place).unwrap_or_default();
        match self {
            Self::All => wanted.extend(first..last),
            Self::One(number, place) => {
                if names.get(*place) != Some(number) {
                    let Ok(found) = names.binary_search(number) else { return };
                    *place = found;
                }
                wanted.push(child(*place));
            }
            Self::Listed(numbers) => {
                let places = numbers.iter().filter_map(|number| names.binary_search(number).ok());
                wanted.extend(places.map(child));
            }
            Self::Matching { part, first: low, end, known } => {
                let from = names.partition_point(|number| number < low);
                let alike = names.get(from..).unwrap_or_default();
                wanted.reserve(alike.len().min((*end - *low) as usize));
                for (place, number) in (from..).zip(alike) {
                    if number >= end {
                        break;
                    }
                    let matches = || {
                        let name = flat.names.get(*number as usize);
                        name.is_some_and(|name| part.matches(name))
                    };
                    let matches = match known.get_mut((number - *low) as usize) {
                        Some(known) => *known.get_or_insert_with(matches),
                        None => matches(),
                    };
                    if matches {
                        wanted.push(child(place));
                    }
                }
            }
        }
    }
}

/// Where a tree keeps its flat form, and what walks over the tree have cost so far.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    walked: AtomicUsize,
    flat: OnceLock<Option<Arc<Flat<T>>>>,
}

impl<T: Clone> Slot<T> {
    /// The flat form, if it has been paid for.
    pub(crate) fn get(&self, root: &Node<T>, count: usize) -> Option<&Arc<Flat<T>>> {
        if self.flat.get().is_none() && self.walked.load(Ordering::Relaxed) < count {
            return None;
        }
        self.flat.get_or_init(|| Flat::new(root, count).map(Arc::new)).as_ref()
    }

    /// Notes that a walk has looked at so many nodes.
    pub(crate) fn walked(&self, nodes: usize) {
        self.walked.fetch_add(nodes, Ordering::Relaxed);
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { walked: AtomicUsize::new(0), flat: OnceLock::new() }
    }
}
