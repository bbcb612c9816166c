import Foundation
import JSONText
import TaskEngine
import TestSupport
import Testing
import Workloads

/// The archives of ``HostileArchive``, uploaded and read as a stranger's would be.
@Suite("A hostile or damaged upload ends as it must", .timeLimit(.minutes(10)))
struct HostileIngestionTests {
    @Test(
        "every archive: status, error, what is shown, what is refused, and nothing written elsewhere", arguments: DatabaseKind.available,
        [false, true])
    func ingests(kind: DatabaseKind, isTight: Bool) async throws {
        var limits = IngestionLimits()
        if isTight { limits.archive = HostileArchive.tightLimits }
        try await IngestionHarness.with(kind, limits: limits) { ingestion in
            let before = try Self.paths(ingestion)
            try await ingestion.withEngine {
                for archive in HostileArchive.all where archive.isTight == isTight { try await check(archive, ingestion) }
            }
            let written = try Self.paths(ingestion).subtracting(before)
            #expect(written.allSatisfy { $0.hasPrefix("data/blobs") }, "\(written.filter { !$0.hasPrefix("data/blobs") })")
        }
    }

    private static func paths(_ ingestion: IngestionHarness) throws -> Set<String> {
        Set(try FileManager.default.subpathsOfDirectory(atPath: ingestion.directory.path("")))
    }

    private func check(_ archive: HostileArchive, _ ingestion: IngestionHarness) async throws {
        let note: Comment = "\(archive.name)"
        let id = try await ingestion.ingestToEnd(archive.bytes())
        let run = try await ingestion.get("/v1/runs/\(id)").json
        let files = try await ingestion.all("/v1/runs/\(id)/files").map { $0["path"]?.string ?? "" }
        let stanzas = try await ingestion.all("/v1/runs/\(id)/stanzas")
        let problems = try await ingestion.all("/v1/runs/\(id)/problems").compactMap { $0["code"]?.string }
        #expect(files.sorted() == archive.files.sorted(), note)
        #expect(stanzas.count == archive.files.count, note)
        #expect(run["stanza_count"]?.int64 == Int64(archive.files.count), note)
        if case .failed(let code) = archive.end {
            #expect(run["status"]?.string == "failed", note)
            #expect(run["error"]?["code"]?.string == code.rawValue, note)
            #expect(run["note"]?.isNull == true, note)
            #expect(problems.isEmpty, note)
            let message = run["error"]?["message"]?.string ?? ""
            #expect(message.contains("at byte ") || code == .notAnArchive, "\(archive.name): \(message)")
            return
        }
        #expect(run["status"]?.string == "complete", note)
        #expect(run["error"]?.isNull == true, note)
        #expect((run["note"]?.string != nil) == archive.files.isEmpty, note)
        let reasons = Set(ArchiveMember.Rejection.allCases.map(\.rawValue))
        #expect(problems.filter(reasons.contains).sorted() == archive.refused.map(\.rawValue).sorted(), note)
        for (reason, count) in Dictionary(grouping: archive.refused, by: \.rawValue) {
            #expect(run["omitted"]?[reason]?.int64 == Int64(count.count), note)
        }
    }

    @Test("the error says in which member, and where in the file", arguments: DatabaseKind.available)
    func place(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            var tar = TarBytes([(HostileArchive.first, "[a]\n")])
            tar.add(rawName: Array("etc/apps/b/local/b.conf".utf8), checksum: 1)
            let id = try await ingestion.withEngine { [tar] in try await ingestion.ingestToEnd(tar.bytes) }
            let error = try await ingestion.get("/v1/runs/\(id)").json["error"]
            #expect(error?["code"]?.string == "archive_checksum")
            #expect(
                error?["message"]?.string
                    == "a tar header's checksum is wrong, in or after \(HostileArchive.first), at byte 1536 of the file")
        }
    }

    @Test("an archive whose configuration cannot be read is not complete without stanzas, but failed", arguments: DatabaseKind.available)
    func nothingReadable(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            var encrypted = ZipBytes([("etc/apps/a/README.txt", "text")])
            encrypted.add("etc/apps/a/local/a.conf", HostileArchive.text, flags: 1)
            encrypted.add("etc/apps/a/local/b.conf", HostileArchive.text, flags: 1)
            var links = TarBytes()
            links.add("etc/apps/a/local/a.conf", type: "2", link: "../default/a.conf")
            for bytes in [encrypted.bytes, links.bytes] {
                let id = try await ingestion.withEngine { try await ingestion.ingestToEnd(bytes) }
                let run = try await ingestion.get("/v1/runs/\(id)").json
                #expect(run["status"]?.string == "failed")
                #expect(run["error"]?["code"]?.string == "nothing_readable")
                #expect(try await ingestion.all("/v1/runs/\(id)/problems").isEmpty)
            }
        }
    }

    @Test("complete without stanzas says why in words", arguments: DatabaseKind.available)
    func note(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let archives: [([(String, String)], String?)] = [
                ([], "The upload holds no configuration files."),
                ([("etc/a.txt", ""), ("etc/b.txt", "")], "The upload holds no configuration files; 2 members were left out."),
                ([("etc/apps/a/local/a.conf", "# nothing\n")], "The configuration holds no stanzas."),
                ([("etc/apps/a/local/a.conf", "[a]\n")], nil),
            ]
            for (files, note) in archives {
                let id = try await ingestion.withEngine { try await ingestion.ingestToEnd(TarBytes(files).bytes) }
                let run = try await ingestion.get("/v1/runs/\(id)").json
                #expect(run["status"]?.string == "complete")
                #expect(run["note"]?.string == note)
            }
        }
    }

    @Test("a path that comes again, and one that no file system could hold, are told", arguments: DatabaseKind.available)
    func problems(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            var tar = TarBytes([(HostileArchive.first, "[a]\n"), (HostileArchive.last, "[a]\n"), ("./" + HostileArchive.first, "[b]\n")])
            tar.addPax([("path", "etc/apps/\(String(repeating: "l", count: 5_000))/local/x.conf")])
            tar.add("x", HostileArchive.text)
            let id = try await ingestion.withEngine { [tar] in try await ingestion.ingestToEnd(tar.bytes) }
            let problems = try await ingestion.all("/v1/runs/\(id)/problems")
            #expect(problems.map { $0["code"]?.string } == ["repeated_path", "path_too_long"])
            #expect(problems.first?["path"]?.string == "./" + HostileArchive.first)
            #expect(try await ingestion.all("/v1/runs/\(id)/stanzas").count == 3)
        }
    }

    @Test("an archive of a foreign kind is no configuration, whatever the client says", arguments: ["single_conf", "instance_etc"])
    func foreign(type: String) async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let bytes: [UInt8] = [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C] + Array("\n[a]\nx = 1\n".utf8)
            let id = try await ingestion.withEngine { try await ingestion.ingestToEnd(bytes, type: type) }
            #expect(try await ingestion.get("/v1/runs/\(id)").json["error"]?["code"]?.string == "archive_unsupported")
        }
    }
}
