import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Worker lease", .timeLimit(.minutes(5)))
struct WorkerLeaseTests {
    private func row(_ id: Int64, _ database: any Database) async throws -> String? {
        try await database.read { connection in
            try connection.row(
                "SELECT state, beat, seen_at, started_at, name, host, pid, pools, queues, types FROM workers WHERE id = \(id)"
            ) { row in
                (0..<10).map { [1, 2, 3, 6].contains($0) ? "\(row.int($0))" : row.text($0) }.joined(separator: " ")
            }
        }
    }

    @Test("a worker registers live with what it says of itself", arguments: DatabaseKind.available)
    func register(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let id = try await database.write { connection in
                try WorkerLease.register(
                    .init(name: "n", host: "h", pid: 12, pools: #"{"p":1}"#, queues: #"["*"]"#, types: #"["t"]"#), now: 5, on: connection)
            }
            #expect(try await row(id, database) == #"live 1 5 5 n h 12 {"p":1} ["*"] ["t"]"#)
            let second = try await database.insertWorker()
            #expect(second > id)
        }
    }

    @Test("a beat raises the counter of live and draining workers only", arguments: DatabaseKind.available)
    func beat(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let id = try await database.insertWorker()
            let beat = { (now: Int64) in try await database.write { try WorkerLease.beat(id, now: now, on: $0) } }
            #expect(try await beat(10))
            #expect(try await beat(11))
            try await database.write { try WorkerLease.drain(id, on: $0) }
            #expect(try await beat(12))
            #expect(try await row(id, database)?.hasPrefix("draining 4 12 0 ") == true)
            #expect(try await database.read { try WorkerLease.beats(on: $0) }.map { [$0.worker, $0.count] } == [[id, 4]])
            try await database.write { try WorkerLease.stop(id, now: 13, on: $0) }
            #expect(try await beat(14) == false)
            #expect(try await row(id, database)?.hasPrefix("stopped 4 13 0 ") == true)
            #expect(try await database.read { try WorkerLease.beats(on: $0) } == [])
        }
    }

    @Test("observers see the live and draining workers by id", arguments: DatabaseKind.available)
    func beats(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            var ids: [Int64] = []
            for _ in 0..<4 { ids.append(try await database.insertWorker()) }
            let (draining, dead) = (ids[1], ids[2])
            try await database.write { connection in
                try WorkerLease.drain(draining, on: connection)
                _ = try Rescue.rescue(worker: dead, beat: nil, now: 1, on: connection)
            }
            let seen = try await database.read { try WorkerLease.beats(on: $0) }
            #expect(seen.map { [$0.worker, $0.count] } == [ids[0], ids[1], ids[3]].map { [$0, 1] })
        }
    }

    @Test("a dead worker can be neither drained nor stopped", arguments: DatabaseKind.available)
    func deadStaysDead(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let id = try await database.insertWorker()
            try await database.write { connection in
                _ = try Rescue.rescue(worker: id, beat: nil, now: 1, on: connection)
                try WorkerLease.drain(id, on: connection)
                try WorkerLease.stop(id, now: 2, on: connection)
            }
            #expect(try await row(id, database)?.hasPrefix("dead ") == true)
        }
    }
}
