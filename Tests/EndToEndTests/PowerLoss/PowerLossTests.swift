import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Everything that a process does to its files is recorded; then the power is cut at many moments of the recording, and
    /// what a disk may hold at each of them is opened. See ``DiskModel`` for what a disk may do.
    @Suite("Power loss", .timeLimit(.minutes(15)), .enabled(if: Shim.isAvailable, "\(Shim.reason)"))
    struct PowerLossTests {
        /// `make test-full` asks for more.
        private static let images = ProcessInfo.processInfo.environment["MILLRACE_POWER_CUTS"].flatMap { Int($0) } ?? 60

        @Test("whatever a disk does with what was not synced, the database opens and holds all that was acknowledged")
        func survives() async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("power loss: seed \(seed), \(Self.images) cuts")
            var random = SeededRandom(seed: seed)
            let recording = try await PowerLossRecording.make(
                [:], acknowledged: 700, fillsLog: Self.images > 100, seed: random.next())
            let folds = recording.trace.syncs(ofFilesEnding: ".db")
            print("power loss: \(recording.trace.events.count) events, the database file was synced \(folds) times")
            #expect(folds >= (Self.images > 100 ? 4 : 3), "pages have moved from the log into the database")
            let cuts = recording.cuts(Self.images, &random)
            var restarts = 0
            // One after another: five kinds of moments and four kinds of luck meet in every combination.
            try await recording.cutPower(at: cuts, DiskModel.Survival.allCases, &random) { image, facts, name in
                let problems = try await image.problems(facts)
                #expect(problems == [], "\(name), seed \(seed)")
                guard facts.count > restarts * recording.facts.count / 3, restarts < 2 else { return }
                restarts += 1
                #expect(try await Self.restart(on: image, facts) == [], "\(name), seed \(seed)")
            }
            #expect(restarts == 2)
        }

        @Test("this way of looking finds what is lost when commits are not synced")
        func notSynced() async throws {
            let seed = UInt64.random(in: .min ... .max)
            var random = SeededRandom(seed: seed)
            let recording = try await PowerLossRecording.make(
                ["MILLRACE_SYNCHRONOUS": "normal"], acknowledged: 50, fillsLog: false, seed: random.next())
            let cuts = recording.facts.suffix(recording.facts.count / 2).map { $0.event + 1 }.shuffled(using: &random).prefix(10).sorted()
            var losses = 0
            try await recording.cutPower(at: cuts, [.nothing], &random) { image, facts, _ in
                if try await image.problems(facts).contains(where: { $0.hasSuffix("is lost") }) { losses += 1 }
            }
            #expect(losses > 0, "seed \(seed)")
        }

        /// A process that starts on what is left finishes the work.
        private static func restart(on image: DiskImage, _ facts: [AcknowledgedFact]) async throws -> [String] {
            try await withSite(at: image.place) { site in
                let process = try await site.serve(["MILLRACE_RETRY_BASE_MS": "50", "MILLRACE_RETRY_CAP_MS": "200", "LOG_LEVEL": "warning"])
                try await site.look { database in
                    try await waitForProgress("all tasks have ended", within: .seconds(60)) { try await database.unfinishedTasks() == 0 }
                }
                guard try await process.terminate() == .code(0) else { return ["no orderly end"] }
                return try await image.problems(facts)
            }
        }
    }
}
