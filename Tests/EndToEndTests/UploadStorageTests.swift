import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    @Suite("What uploads leave in memory and on disk", .timeLimit(.minutes(LongTests.areOn ? 15 : 3)))
    struct UploadStorageTests {
        @Test(
            "a large upload is stored whole in at most 32 MiB more memory than before", .enabled(if: memoryIsKnown, "no /proc"),
            // The largest that is accepted by default takes its time.
            arguments: LongTests.areOn ? [300 << 20, 2 << 30] : [300 << 20])
        func memory(size: Int) async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["LOG_LEVEL": "error"])
                try await process.api.expect(200, .get("/v1/uploads"))
                let before = try #require(ProcessMemory.resident(process.child.pid))
                let answer = try await process.api.connection.send(MillraceAPI.uploadRequest([]), inserting: size)
                #expect(answer.status == 201, "\(answer.text)")
                #expect(try answer.json()["size"]?.int64 == Int64(size))
                let after = try #require(ProcessMemory.peak(process.child.pid))
                print("an upload of \(size >> 20) MiB: \((after - before) >> 20) MiB more memory")
                #expect(after - before <= 32 << 20, "\(before) bytes became \(after)")
                #expect(try site.storedBytes() == size)
            }
        }

        @Test("a client that goes away in the middle of an upload leaves nothing behind", arguments: DatabaseKind.available)
        func clientGone(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let process = try await site.serve()
                let request = MillraceAPI.uploadRequest([UInt8](repeating: 0x5a, count: 4 << 20)).bytes(port: process.port)
                for _ in 0..<3 {
                    let client = HTTPConnection(port: process.port)
                    try await client.sendOnly(Array(request.prefix(2 << 20)))
                    try await waitForProgress("some of it is stored") { try site.storedBytes() > 1 << 20 }
                    try await client.hangUp()
                    try await waitForProgress("it is removed") { try site.storedBytes() == 0 }
                }
                #expect(try await process.api.expect(200, .get("/v1/uploads")).json()["data"]?.elements.isEmpty == true)
                #expect(try await process.api.expect(200, .get("/v1/runs")).json()["data"]?.elements.isEmpty == true)
                #expect(try await process.terminate() == .code(0))
            }
        }

        @Test("the same bytes again are another upload with a run of its own, and one file", arguments: DatabaseKind.available)
        func sameBytes(kind: DatabaseKind) async throws {
            let (archive, names) = try ConfArchive.apps(2, stanzas: 5)
            try await withSite(kind) { site in
                let process = try await site.serve()
                let api = process.api
                var uploads: [MillraceAPI.Upload] = []
                for _ in 0..<3 {
                    let upload = try await api.upload(archive)
                    uploads.append(upload)
                    try await api.waitForRun(upload.run)
                    #expect(try await api.stanzas(of: upload.run).compactMap { $0["name"]?.string } == names)
                    #expect(try site.storedBytes() == archive.count)
                }
                #expect(Set(uploads.map(\.id)).count == 3)
                #expect(Set(uploads.map(\.run)).count == 3)
                #expect(Set(uploads.map(\.task)).count == 3)
                #expect(try await process.terminate() == .code(0))
            }
        }

        private static let memoryIsKnown = ProcessMemory.peak(getpid()) != nil
    }
}
