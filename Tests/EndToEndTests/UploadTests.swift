import Foundation
import JSONText
import Storage
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Uploads to the binary", .timeLimit(.minutes(5)))
    struct UploadTests {
        @Test("an archive is read, and its stanzas can be asked for with where they stand", arguments: DatabaseKind.available)
        func small(kind: DatabaseKind) async throws {
            let archive = try ConfArchive.tarGz([
                ("etc/apps/search/default/props.conf", "[access_combined]\nTRUNCATE = 0\n\n# a comment\n[syslog]\nTZ = UTC\n"),
                ("etc/system/local/server.conf", "[general]\nserverName = Köln\n"),
                ("etc/apps/search/bin/tool.py", "print('no configuration')\n"),
            ])
            try await withSite(kind) { site in
                let process = try await site.serve()
                let api = process.api
                let upload = try await api.upload(archive)
                try await api.waitForRun(upload.run)
                #expect(try await api.state(upload.task) == "succeeded")
                let run = try await api.run(upload.run)
                #expect(run["stanza_count"]?.int64 == 3)
                #expect(run["file_count"]?.int64 == 2)

                let stanzas = try await api.stanzas(of: upload.run)
                #expect(stanzas.map { $0["name"]?.string } == ["access_combined", "syslog", "general"])
                #expect(stanzas[1]["conf_type"]?.string == "props")
                #expect(stanzas[1]["app"]?.string == "search")
                #expect(stanzas[1]["scope"]?.string == "default")
                #expect(stanzas[1]["layer"]?.string == "app")
                #expect(stanzas[1]["source_path"]?.string?.hasSuffix("apps/search/default/props.conf") == true)
                #expect(stanzas[1]["line"]?.int64 == 5)
                #expect(stanzas[2]["settings"]?.elements.first?["value"]?.string == "Köln")

                let named = try await api.expect(200, .get("/v1/runs/\(upload.run)/stanzas?conf_type=props&name=syslog")).json()
                #expect(named["data"]?.elements.count == 1)
                #expect(try await process.terminate() == .code(0))
            }
        }

        @Test(
            "a process killed in the middle of a run goes on with it after its restart, and has every stanza once",
            arguments: DatabaseKind.available)
        func killedWhileParsing(kind: DatabaseKind) async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("SIGKILL while parsing on \(kind): seed \(seed)")
            var random = SeededRandom(seed: seed)
            let (archive, names) = try ConfArchive.apps(300, stanzas: 10, comments: 5000)
            try await withSite(kind) { site in
                let first = try await site.serve()
                let upload = try await first.api.upload(archive)
                let enough = Int64.random(in: 1...100, using: &random)
                try await waitForProgress("\(enough) files are read") { try await Self.filesRead(site) >= enough }
                try await first.killHard()

                let second = try await site.serve()
                let api = second.api
                let before = try await api.run(upload.run)["status"]?.string
                #expect(before != "complete", "seed \(seed): it was killed too late to tell anything")
                try await api.waitForRun(upload.run)
                #expect(try await api.run(upload.run)["stanza_count"]?.int64 == Int64(names.count))
                #expect(try await api.stanzas(of: upload.run).compactMap { $0["name"]?.string } == names, "seed \(seed)")
                #expect(try await site.record(of: upload.task).lost == 1)
                // It did not begin again: the files that were stored when it was killed were not parsed a second time.
                let lines = try await api.expect(200, .get("/v1/tasks/\(upload.task)/logs")).json()["data"]?.elements ?? []
                let resumed = lines.compactMap { $0["message"]?.string }.compactMap { line in
                    line.hasPrefix("resumed after member ") ? Int64(line.dropFirst(21)) : nil
                }
                #expect(resumed.count == 1 && (resumed.first ?? 0) >= enough, "seed \(seed): \(resumed)")
            }
        }

        @Test("a process killed during an upload leaves no file behind after its next start", arguments: DatabaseKind.available)
        func killedWhileReceiving(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let first = try await site.serve()
                let client = HTTPConnection(port: first.port)
                let request = MillraceAPI.uploadRequest([UInt8](repeating: 0x5a, count: 4 << 20)).bytes(port: first.port)
                try await client.sendOnly(Array(request.prefix(2 << 20)))
                try await waitForProgress("some of it is stored") { try site.storedBytes() > 1 << 20 }
                try await first.killHard()
                #expect(try site.storedBytes() > 1 << 20)

                let second = try await site.serve()
                try await waitForProgress("it is removed") { try site.storedBytes() == 0 }
                #expect(try await second.api.expect(200, .get("/v1/uploads")).json()["data"]?.elements.isEmpty == true)
            }
        }

        @Test("uploads that were acknowledged before a SIGKILL are all read after it", arguments: DatabaseKind.available)
        func acknowledged(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let first = try await site.serve()
                let acknowledged = TestSignal<(run: Int64, label: String)>()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<3 {
                        group.addTask {
                            let api = first.api
                            for number in 0... {
                                let label = "c\(client)n\(number)/"
                                let archive = try ConfArchive.apps(2, stanzas: 5, label: label).bytes
                                // The connection is lost with the process: what was not acknowledged does not count.
                                guard let upload = try? await api.upload(archive) else { return }
                                acknowledged.send((upload.run, label))
                            }
                        }
                    }
                    try await acknowledged.wait(for: 20)
                    try await first.killHard()
                    try await group.waitForAll()
                }
                let second = try await site.serve()
                let api = second.api
                for (run, label) in acknowledged.values {
                    try await api.waitForRun(run)
                    let names = try await api.stanzas(of: run).compactMap { $0["name"]?.string }
                    #expect(names.count == 10 && names.allSatisfy { $0.hasPrefix("source::\(label)") })
                }
            }
        }

        @Test("below the free space to keep, uploads answer 507 and tasks go on")
        func minFree() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["MILLRACE_MIN_FREE": "100000TiB"])
                let api = process.api
                let answer = try await api.expect(507, MillraceAPI.uploadRequest(try ConfArchive.apps(1, stanzas: 1).bytes))
                #expect(answer.headers["content-type"] == "application/problem+json")
                #expect(try answer.json()["code"]?.string == "disk_full")
                #expect(try site.storedBytes() == 0)
                let task = try await api.submit("demo.noop")
                try await api.waitForTask(task, "succeeded")
            }
        }

        /// Files whose rows were committed so far, visible or not.
        private static func filesRead(_ site: MillraceSite) async throws -> Int64 {
            try await site.look { database in
                try await database.read { connection in try connection.row("SELECT COUNT(*) FROM run_files") { $0.int(0) } ?? 0 }
            }
        }
    }
}
