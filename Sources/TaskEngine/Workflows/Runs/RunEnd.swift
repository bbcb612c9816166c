/// How a workflow run ended.
package struct RunEnd: Sendable, Equatable {
    /// A terminal one.
    package let state: RunState
    /// From the begin of its first node, or from its start if none began, to its end.
    package let microseconds: Int64
}
