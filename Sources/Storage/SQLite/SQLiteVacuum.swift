import Logging
import ServiceLifecycle

/// Gives pages that nobody uses back to the file system, in small steps in the bulk lane.
///
/// Freed pages are used again before the file grows, so a little free space is left alone: giving it back and taking it
/// again costs more than it saves. Works on files that were created with `auto_vacuum = INCREMENTAL`, as ours are.
struct SQLiteVacuum: Sendable {
    static let interval = Duration.seconds(60)
    /// Between two steps: most of the writer's time stays with everybody else.
    static let pause = Duration.milliseconds(20)
    /// Pages of one step; each is moved to another place, and what points to it is rewritten.
    static let pagesPerStep: Int64 = 64
    /// A quarter of the file may be free.
    static let leftAloneShare: Int64 = 4

    /// So many pages may be free in any case; 64 MiB.
    var leftAlonePages: Int64 = 16_384
    let logger: Logger

    /// Until graceful shutdown or cancellation.
    func run(_ database: SQLiteDatabase) async {
        while await sleep(Self.interval) {
            do { _ = try await shrink(database) } catch {
                logger.warning("free space could not be given back; tried again", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Gives back what is free beyond what is left alone. Interrupted, it leaves a smaller file that is as good as any.
    /// - Returns: pages given back.
    func shrink(_ database: SQLiteDatabase) async throws -> Int64 {
        let surplus = try await surplus(database)
        var given: Int64 = 0
        while given < surplus {
            try await database.write(.bulk) { try Self.giveBack(on: $0) }
            given += Self.pagesPerStep
            guard await sleep(Self.pause) else { break }
        }
        if given > 0 { logger.info("free space was given back to the file system", metadata: ["pages": "\(given)"]) }
        return given
    }

    private func surplus(_ database: SQLiteDatabase) async throws -> Int64 {
        try await database.read { connection in
            let free = try connection.row("PRAGMA freelist_count") { $0.int(0) } ?? 0
            let all = try connection.row("PRAGMA page_count") { $0.int(0) } ?? 0
            return free > leftAlonePages && free > all / Self.leftAloneShare ? free - leftAlonePages : 0
        }
    }

    /// ``pagesPerStep`` pages. The statement moves one page each time it is stepped, so it is read to its end.
    private static func giveBack(on connection: any Connection) throws {
        _ = try connection.rows("PRAGMA incremental_vacuum(64)") { _ in }
    }

    /// False when it is time to end.
    private func sleep(_ duration: Duration) async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
            return true
        } catch {
            return false
        }
    }
}
