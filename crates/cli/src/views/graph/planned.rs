//! The operations of a plan, as a drawing.

use terrane_plan::{Leg, Op, Plan};

use super::{Drawing, Shape};

/// Draws the operations of a plan: each points to what is done before it.
pub fn planned(plan: &Plan) -> Drawing {
    let mut drawing = Drawing::default();
    for (place, op) in plan.graph.ops().iter().enumerate() {
        let step = match op {
            Op::Barrier => None,
            Op::Step { step, leg } => plan.steps.get(*step as usize).map(|step| (step, *leg)),
        };
        match step {
            None => drawing.add(format!("[root] barrier {place}"), "", Shape::Point),
            Some((step, leg)) => {
                let address = step.address();
                let (end, verb) = match leg {
                    Leg::Up if step.change.verb() == "replace" => ("", "create"),
                    Leg::Up => ("", step.change.verb()),
                    Leg::Down if step.change.forgets() => (" (forget)", "forget"),
                    Leg::Down => (" (destroy)", "delete"),
                };
                drawing.add(format!("[root] {address}{end}"), format!("{verb} {address}"), Shape::Box)
            }
        };
    }
    drawing.edges = plan.graph.edges().map(|(first, then)| (then, first)).collect();
    drawing.edges.sort_unstable();
    drawing
}
