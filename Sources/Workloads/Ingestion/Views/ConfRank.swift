/// How strong a copy of a configuration file is. The smaller one counts.
struct ConfRank: Comparable, Sendable {
    /// Splunk's order of directories, strongest first. One context has some of these.
    enum Step: Int, Sendable {
        // Global context; the first, second and fifth exist on cluster peers only.
        case clusterLocal, peerLocal, systemLocal, appLocal, peerDefault, appDefault
        // Context of an app.
        case user, currentLocal, currentDefault, otherApps, systemLocalLast
        // Both.
        case systemDefault, unplaced
    }

    /// The two halves of an app.
    enum Half: Int, Sendable {
        case local, `default`
    }

    let step: Step
    /// Apps of one step: in byte order, `A` before `B`; among the other apps of an app's context the reverse.
    let app: ExactText
    /// The halves of one app, where a step holds both.
    let half: Half
    let file: Int64

    init(step: Step, app: String = "", half: Half = .local, file: Int64) {
        self.step = step
        self.app = ExactText(app)
        self.half = half
        self.file = file
    }

    static func < (left: ConfRank, right: ConfRank) -> Bool {
        if left.step != right.step { return left.step.rawValue < right.step.rawValue }
        if left.app != right.app { return left.step == .otherApps ? right.app < left.app : left.app < right.app }
        if left.half != right.half { return left.half.rawValue < right.half.rawValue }
        return left.file > right.file
    }
}
