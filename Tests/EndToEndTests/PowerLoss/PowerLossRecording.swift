import Foundation
import TestSupport

/// The life of a database under load, recorded so that the power can be cut at any moment of it.
struct PowerLossRecording {
    let trace: FileTrace
    let facts: [(event: Int, fact: AcknowledgedFact)]
    private let root: String
    private let rootInode: UInt64

    /// Three times under load: from nothing to a pause in which the log is folded in, on to an orderly end, and in a second
    /// process to a SIGKILL.
    /// - Parameters:
    ///   - acknowledged: tasks each time.
    ///   - fillsLog: so that the log is folded into the database, and begun anew, also while the load goes on. Disks are large then.
    static func make(_ settings: [String: String], acknowledged: Int, fillsLog: Bool, seed: UInt64) async throws -> PowerLossRecording {
        var random = SeededRandom(seed: seed)
        return try await withTemporaryDirectory { tools in
            try await withTemporaryDirectory { directory in
                let place = DatabasePlace(kind: .sqlite, directory: directory, url: directory.path(DiskImage.database))
                let traceFile = tools.path("trace")
                let settings = settings.merging([
                    "LD_PRELOAD": try await Shim.fileTrace.compile(into: tools.url.path), "TRACE_FILE": traceFile,
                    "TRACE_ROOT": directory.url.path, "MILLRACE_RETRY_BASE_MS": "50", "MILLRACE_RETRY_CAP_MS": "200",
                    "LOG_LEVEL": "warning",
                ]) { $1 }
                try await withSite(at: place) { site in
                    let ledger = Ledger()
                    let first = try await site.serve(settings)
                    for _ in 0..<2 {
                        let load = MixedLoad(port: first.port, clients: 4, seed: random.next(), ledger: ledger)
                        try await load.run(untilAcknowledged: acknowledged) { if fillsLog { try await Self.fillLog(first.api) } }
                        try await waitForProgress("nothing waits or runs") { try await first.api.health().isIdle }
                    }
                    guard try await first.terminate() == .code(0) else { throw HarnessError("no orderly end") }
                    let second = try await site.serve(settings)
                    let load = MixedLoad(port: second.port, clients: 4, seed: random.next(), ledger: ledger)
                    try await load.run(untilAcknowledged: acknowledged) { try await second.killHard() }
                }
                return try PowerLossRecording(FileTrace(path: traceFile), root: directory)
            }
        }
    }

    /// Some 24 MiB: inputs and results.
    private static func fillLog(_ api: MillraceAPI) async throws {
        let text = String(repeating: "0123456789", count: 20_000)
        for _ in 0..<6 {
            _ = try await api.submitBatch(Array(repeating: #"{"type": "demo.echo", "input": {"text": "\#(text)"}}"#, count: 10))
        }
    }

    private init(_ trace: FileTrace, root: TemporaryDirectory) throws {
        self.trace = trace
        self.root = root.url.path
        let attributes = try FileManager.default.attributesOfItem(atPath: root.url.path)
        rootInode = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
        facts = try AcknowledgedFact.all(in: trace)
    }

    /// The moments at which a cut is most likely to hurt, and some others.
    func cuts(_ count: Int, _ random: inout SeededRandom) -> [Int] {
        var kinds: [[Int]] = [Array(trace.events.indices), facts.map { $0.event + 1 }, [], [], []]
        for (index, event) in trace.events.enumerated() {
            switch event {
            case .syncEnds: kinds[2].append(index)
            case .rename, .create, .makeDirectory, .unlink: kinds[3].append(index + 1)
            case .write: kinds[4].append(index + 1)
            default: break
            }
        }
        return (0..<count).compactMap { kinds[$0 % kinds.count].randomElement(using: &random) }.sorted()
    }

    /// Cuts the power before the event at each place of `cuts`, which rise, and hands over what may be on the disk then.
    /// - Parameter body: gets the image, what had been acknowledged, and words that say which cut it was.
    func cutPower(
        at cuts: [Int], _ survivals: [DiskModel.Survival], _ random: inout SeededRandom,
        _ body: (DiskImage, [AcknowledgedFact], String) async throws -> Void
    ) async throws {
        let disk = DiskModel(trace, rootPath: root, rootInode: rootInode)
        for (number, cut) in cuts.enumerated() {
            try disk.advance(to: cut)
            let survival = survivals[number % survivals.count]
            let directory = try TemporaryDirectory()
            defer { try? directory.remove() }
            try disk.writeImage(to: directory.url.path, survival, &random)
            let known = facts.prefix { $0.event < cut }.map(\.fact)
            try await body(DiskImage(directory: directory), known, "cut before event \(cut) of \(trace.events.count), \(survival)")
        }
    }
}
