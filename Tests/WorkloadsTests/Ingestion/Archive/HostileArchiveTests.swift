import Testing
import Workloads

/// The archives of ``HostileArchive``, read without anything around the reader. `HostileIngestionTests` sends the same ones
/// through HTTP.
@Suite("A hostile or damaged archive ends as it must", .timeLimit(.minutes(5)))
struct HostileArchiveTests {
    @Test("the reader", arguments: HostileArchive.all)
    func reads(archive: HostileArchive) throws {
        let bytes = try archive.bytes()
        let read = try ReadArchive(bytes, limits: archive.limits, wants: { $0.hasSuffix(".conf") })
        if case .failed(let code) = archive.end {
            #expect(read.code == code, "\(String(describing: read.error))")
            #expect(read.error.map { (0...Int64(bytes.count)).contains($0.position) } == true)
        } else {
            #expect(read.error == nil)
            #expect(read.members.map(\.path).sorted() == archive.files.sorted())
            #expect(read.refusals == archive.refused)
        }
    }

    @Test("every name is there once")
    func names() {
        #expect(Set(HostileArchive.all.map(\.name)).count == HostileArchive.all.count)
    }
}
