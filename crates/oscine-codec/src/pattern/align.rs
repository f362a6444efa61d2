//! Which levels each part of a pattern stands for.

use alloc::vec;
use alloc::vec::Vec;

/// For each part, the levels that it stands for, as a range; `None` if the whole does not fit.
///
/// There are `parts` parts and `levels` levels. `any_parts` says which parts stand for any number of levels, and
/// `any_levels` which levels do, if the levels are those of a pattern themselves. Where there is a choice, parts for
/// any number of levels stand for as few as may be, from the left. Each pair is visited once.
pub(crate) fn align(
    (parts, any_part): (usize, impl Fn(usize) -> bool),
    (levels, any_level): (usize, impl Fn(usize) -> bool),
    fits: impl Fn(usize, usize) -> bool,
) -> Option<Vec<(usize, usize)>> {
    let width = levels + 1;
    // Backwards: from which pairs the end can be reached, and by which step.
    let mut steps = vec![Step::Dead; (parts + 1) * width];
    let at = |steps: &[Step], part: usize, level: usize| {
        steps.get(part * width + level).is_some_and(|&step| step != Step::Dead)
    };
    for part in (0..=parts).rev() {
        for level in (0..=levels).rev() {
            let (more_parts, more_levels) = (part < parts, level < levels);
            let many_parts = more_parts && any_part(part);
            let many_levels = more_levels && any_level(level);
            let step = if !more_parts && !more_levels {
                Step::End
            } else if many_parts && at(&steps, part + 1, level) {
                Step::Part
            } else if more_levels && (many_levels || many_parts) && at(&steps, part, level + 1) {
                Step::Level
            } else if more_parts && many_levels && at(&steps, part + 1, level) {
                Step::Part
            } else if more_parts
                && more_levels
                && !many_parts
                && !many_levels
                && at(&steps, part + 1, level + 1)
                && fits(part, level)
            {
                Step::Both
            } else {
                Step::Dead
            };
            if let Some(place) = steps.get_mut(part * width + level) {
                *place = step;
            }
        }
    }
    let mut ranges = Vec::with_capacity(parts);
    let (mut level, mut start) = (0, 0);
    loop {
        match steps.get(ranges.len() * width + level)? {
            Step::Dead => return None,
            Step::End => return Some(ranges),
            Step::Level => level += 1,
            Step::Part => {
                // A level that stands for any number of levels lends itself to each part it covers.
                let end = if start == level && !any_part(ranges.len()) { level + 1 } else { level };
                ranges.push((start, end));
                start = level;
            }
            Step::Both => {
                level += 1;
                ranges.push((level - 1, level));
                start = level;
            }
        }
    }
}

/// What to do at a pair of a part and a level, to come to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// There is no way to the end.
    Dead,
    /// This is the end.
    End,
    /// Go on to the next part.
    Part,
    /// Go on to the next level.
    Level,
    /// Go on to the next of both.
    Both,
}
