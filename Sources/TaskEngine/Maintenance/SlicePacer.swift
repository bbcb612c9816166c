/// Keeps background work in the background: slices that hold the writer for a few milliseconds, and pauses between them
/// that leave most of its time to everybody else.
struct SlicePacer: Sendable {
    /// What a slice should take at most: what a submit then waits longer.
    static let longestSlice = Duration.milliseconds(5)
    static let smallest = 10
    /// Pauses take this many times as long as slices do.
    static let pauses = 2

    /// Rows to take next.
    private(set) var size: Int
    private let largest: Int

    init(largest: Int) {
        self.largest = largest
        size = largest
    }

    /// Learns from a slice of ``size`` rows: halves after one that took too long (large rows, a slow disk), and grows again.
    /// - Returns: the pause to make.
    mutating func ended(after elapsed: Duration) -> Duration {
        if elapsed > Self.longestSlice {
            size = max(size / 2, Self.smallest)
        } else if elapsed < Self.longestSlice / 2 {
            size = min(size * 2, largest)
        }
        return min(elapsed * Self.pauses, .milliseconds(250))
    }
}
