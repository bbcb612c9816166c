/// Colours and signs of the states.
enum DrawingStyle {
    /// Light and dark by the reader's own setting. Borders differ too: dashed while nothing has begun, dotted when nothing will.
    static let sheet = """
        .mr-graph{color-scheme:light dark;--ink:#1f2328;--dim:#59636e;--edge:#818b98;--box:#fff}
        .mr-none,.mr-more{--c:#59636e;--t:#f6f8fa}
        .mr-waiting{--c:#59636e;--t:#f6f8fa}
        .mr-scheduled{--c:#8a5d00;--t:#fff8c5}
        .mr-queued{--c:#6639ba;--t:#f7effe}
        .mr-running{--c:#0a60c8;--t:#ddf4ff}
        .mr-succeeded{--c:#1a7f37;--t:#dafbe1}
        .mr-failed{--c:#cf222e;--t:#ffebe9}
        .mr-cancelled{--c:#7d4e00;--t:#eaeef2}
        .mr-skipped{--c:#6e7781;--t:#f6f8fa}
        @media (prefers-color-scheme:dark){
        .mr-graph{--ink:#e6edf3;--dim:#9198a1;--edge:#6e7681;--box:#0d1117}
        .mr-none,.mr-more{--c:#9198a1;--t:#161b22}
        .mr-waiting{--c:#9198a1;--t:#161b22}
        .mr-scheduled{--c:#d29922;--t:#2b2111}
        .mr-queued{--c:#b78aff;--t:#231a36}
        .mr-running{--c:#58a6ff;--t:#0c2340}
        .mr-succeeded{--c:#3fb950;--t:#0f2a17}
        .mr-failed{--c:#ff7b72;--t:#3a1214}
        .mr-cancelled{--c:#d4a373;--t:#21262d}
        .mr-skipped{--c:#8b949e;--t:#161b22}}
        .mr-edge{fill:none;stroke:var(--edge);stroke-width:1.3}
        .mr-head,.mr-join{fill:var(--edge)}
        .mr-box{fill:var(--t);stroke:var(--c);stroke-width:1.6}
        .mr-line{fill:none;stroke:var(--c);stroke-width:1}
        .mr-failed .mr-box,.mr-running .mr-box{stroke-width:2.6}
        .mr-waiting .mr-box,.mr-scheduled .mr-box,.mr-queued .mr-box{stroke-dasharray:6 3}
        .mr-skipped .mr-box,.mr-cancelled .mr-box{stroke-dasharray:1.5 3}
        .mr-sign{fill:none;stroke:var(--c);stroke-width:2.2;stroke-linecap:round;stroke-linejoin:round}
        .mr-name{font-family:system-ui,sans-serif;font-size:13px;font-weight:600;fill:var(--ink)}
        .mr-small{font-family:system-ui,sans-serif;font-size:11px;fill:var(--dim)}
        """

    /// A sign of strokes in the square from (12, 15) to (28, 31).
    static func sign(_ state: TaskState) -> String {
        switch state {
        // An hourglass.
        case .waiting: "M14 16h12M14 30h12M15 16l5 7-5 7M25 16l-5 7 5 7"
        // A clock.
        case .scheduled: "M20 16a7 7 0 1 0 .01 0zM20 19v4l3 2"
        // Lines of a list.
        case .queued: "M13 18h14M13 23h14M13 28h9"
        // A triangle that points ahead.
        case .running: "M15 16l11 7-11 7z"
        // A hook.
        case .succeeded: "M13 24l5 5 9-12"
        // A cross.
        case .failed: "M14 17l12 12M26 17L14 29"
        // A crossed circle.
        case .cancelled: "M20 16a7 7 0 1 0 .01 0zM15 28l10-10"
        // Two angles that point past.
        case .skipped: "M14 17l6 6-6 6M21 17l6 6-6 6"
        }
    }
}
