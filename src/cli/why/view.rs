//! The answer for machines. Sizes are bytes; markers are as the lock has them.

use dfgen::bytes::Bytes;
use dfgen::closure::{
    Above, Answer, Chain, Closure, Need, Obstacle, Presence, Reason, Verdict, Via, Way, Why,
};
use dfgen::lock::PackageId;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(Serialize, JsonSchema)]
pub(super) struct WhyView {
    package: String,
    answers: Vec<AnswerView>,
}

#[derive(Serialize, JsonSchema)]
struct AnswerView {
    profile: String,
    platform: String,
    python: String,
    #[serde(flatten)]
    verdict: VerdictView,
}

/// `"in": true` with the reasons, or `"in": false` with the closed ways.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum VerdictView {
    In(PresenceView),
    Out(AbsenceView),
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct PresenceView {
    r#in: bool,
    #[serde(flatten)]
    package: PackageView,
    selected: bool,
    needed_by: Vec<NeedView>,
    leaving: Vec<PackageView>,
    leaving_bytes: Bytes,
    leaving_unknown: usize,
}

#[derive(Serialize, JsonSchema)]
struct AbsenceView {
    r#in: bool,
    ways: Vec<WayView>,
}

#[derive(Serialize, JsonSchema)]
struct PackageView {
    name: String,
    version: Option<String>,
    bytes: Option<Bytes>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct NeedView {
    #[serde(flatten)]
    edge: EdgeView,
    selected: bool,
    shown_above: bool,
    needed_by: Vec<NeedView>,
}

/// An edge; `by` is null for a root without `[project]`.
#[derive(Serialize, JsonSchema)]
struct EdgeView {
    by: Option<String>,
    version: Option<String>,
    extra: Option<String>,
    group: Option<String>,
    extras: Vec<String>,
    marker: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct WayView {
    chain: String,
    edges: Vec<EdgeView>,
    obstacles: Vec<ObstacleView>,
}

#[derive(Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum ObstacleView {
    NotSelected {
        member: Option<String>,
        extra: Option<String>,
        group: Option<String>,
    },
    Excluded {
        package: String,
    },
    MarkerFails {
        marker: String,
    },
}

impl WhyView {
    pub(super) fn new(why: &Why<'_, '_>) -> Self {
        Self {
            package: why.package.to_string(),
            answers: why.answers.iter().map(AnswerView::new).collect(),
        }
    }
}

impl AnswerView {
    fn new(answer: &Answer<'_, '_>) -> Self {
        let closure = answer.closure;
        Self {
            profile: answer.profile.to_owned(),
            platform: closure.target().platform.to_string(),
            python: closure.target().python.to_string(),
            verdict: match &answer.verdict {
                Verdict::In(presence) => VerdictView::In(PresenceView::new(closure, presence)),
                Verdict::Out(ways) => VerdictView::Out(AbsenceView {
                    r#in: false,
                    ways: ways.iter().map(|way| WayView::new(closure, way)).collect(),
                }),
            },
        }
    }
}

impl PresenceView {
    fn new(closure: &Closure<'_>, presence: &Presence) -> Self {
        let leaving = || presence.leaving.iter().map(|one| one.id);
        let weight = closure.weight(leaving());
        Self {
            r#in: true,
            package: PackageView::new(closure, presence.id),
            selected: presence.chains.selected,
            needed_by: needed_by(closure, &presence.chains.needs),
            leaving: leaving().map(|id| PackageView::new(closure, id)).collect(),
            leaving_bytes: weight.bytes,
            leaving_unknown: weight.unknown,
        }
    }
}

impl PackageView {
    fn new(closure: &Closure<'_>, id: PackageId) -> Self {
        let package = closure.lock().package(id);
        Self {
            name: package.name.to_string(),
            version: package.version.as_ref().map(ToString::to_string),
            bytes: closure.download_size(id),
        }
    }
}

fn needed_by(closure: &Closure<'_>, needs: &[Need]) -> Vec<NeedView> {
    let needs = needs.iter();
    needs.map(|need| NeedView::new(closure, need)).collect()
}

impl NeedView {
    fn new(closure: &Closure<'_>, need: &Need) -> Self {
        Self {
            edge: EdgeView::new(closure, &need.reason),
            selected: need.above == Above::Selected,
            shown_above: need.above == Above::Shown,
            needed_by: match &need.above {
                Above::Needs(needs) => needed_by(closure, needs),
                Above::Selected | Above::Shown => Vec::new(),
            },
        }
    }
}

impl EdgeView {
    fn new(closure: &Closure<'_>, reason: &Reason) -> Self {
        let package = reason.by.map(|id| closure.lock().package(id));
        let version = package.and_then(|package| package.version.as_ref());
        let (extra, group) = list(&reason.via);
        Self {
            by: package.map(|package| package.name.to_string()),
            version: version.map(ToString::to_string),
            extra,
            group,
            extras: reason.extras.iter().map(ToString::to_string).collect(),
            marker: reason.marker.as_ref().map(ToString::to_string),
        }
    }
}

/// The extra or the group.
fn list(via: &Via) -> (Option<String>, Option<String>) {
    match via {
        Via::Project => (None, None),
        Via::Extra(extra) => (Some(extra.to_string()), None),
        Via::Group(group) => (None, Some(group.to_string())),
    }
}

impl WayView {
    fn new(closure: &Closure<'_>, way: &Way<'_>) -> Self {
        let edges = |chain: &Chain<'_>| {
            let edges = chain.edges().iter();
            edges.map(|edge| EdgeView::new(closure, edge)).collect()
        };
        let obstacles = way.obstacles.iter();
        Self {
            chain: way.chain.to_string(),
            edges: edges(&way.chain),
            obstacles: obstacles
                .map(|obstacle| ObstacleView::new(closure, obstacle))
                .collect(),
        }
    }
}

impl ObstacleView {
    fn new(closure: &Closure<'_>, obstacle: &Obstacle) -> Self {
        match obstacle {
            Obstacle::NotSelected(step) => {
                let member = step.package.map(|id| &closure.lock().package(id).name);
                let (extra, group) = list(&step.via);
                Self::NotSelected {
                    member: member.map(ToString::to_string),
                    extra,
                    group,
                }
            }
            Obstacle::Excluded(name) => Self::Excluded {
                package: name.to_string(),
            },
            Obstacle::MarkerFails(marker) => Self::MarkerFails {
                marker: marker.to_string(),
            },
        }
    }
}
