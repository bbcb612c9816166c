import Foundation

/// The wall clock of the processes that are started with ``settings``; monotonic clocks are the machine's.
struct WallClock {
    /// Environment of a process that goes by this clock.
    let settings: [String: String]
    private let file: URL

    /// - Parameter directory: for the library and the file that holds the difference.
    init(directory: String) async throws {
        file = URL(fileURLWithPath: directory + "/clock")
        try Data(count: MemoryLayout<Int64>.size).write(to: file)
        settings = ["LD_PRELOAD": try await Shim.clock.compile(into: directory), "CLOCK_FILE": file.path]
    }

    /// Sets it: `difference` is what it is ahead of the real time.
    func set(_ difference: Duration) throws {
        let nanoseconds = Int64(difference.components.seconds) * 1_000_000_000
        // In place: the processes have the file mapped.
        let handle = try FileHandle(forWritingTo: file)
        defer { try? handle.close() }
        try handle.write(contentsOf: withUnsafeBytes(of: nanoseconds) { Data($0) })
    }
}
