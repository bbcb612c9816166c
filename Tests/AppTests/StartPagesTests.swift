import Foundation
import Testing

@testable import App

@Suite("Pages of the start")
struct StartPagesTests {
    private static func mapping(_ addresses: String, _ rights: String, _ path: String, dirty: Int = 0, anonymous: Int = 0) -> String {
        """
        \(addresses) \(rights) 00000000 fe:00 12 \(path)
        Size:                128 kB
        Rss:                 128 kB
        Shared_Dirty:          0 kB
        Private_Dirty:         \(dirty) kB
        Anonymous:             \(anonymous) kB
        VmFlags: rd ex mr mw me

        """
    }

    @Test("are those of unwritable mappings of files of which no page was changed")
    func unchanged() {
        let smaps = [
            Self.mapping("1000-2000", "r-xp", "/usr/bin/program with a space"), Self.mapping("2000-3000", "rw-p", "/usr/bin/program"),
            Self.mapping("3000-4000", "r--p", "/usr/bin/program", dirty: 4), Self.mapping("4000-5000", "r--p", "/lib/a.so"),
            Self.mapping("5000-6000", "r-xp", "/lib/a.so", anonymous: 4), Self.mapping("6000-7000", "r-xp", "[vdso]"),
            Self.mapping("7000-8000", "r--s", "/var/file"), "8000-9000 rw-p 00000000 00:00 0 \nPrivate_Dirty: 0 kB\n",
            Self.mapping("9000-a000", "r-xp", "/lib/b.so"),
        ].joined()
        #expect(StartPages.unchangedFilePages(smaps: smaps) == [0x1000..<0x2000, 0x4000..<0x5000, 0x9000..<0xa000])
        #expect(StartPages.unchangedFilePages(smaps: "").isEmpty)
        #expect(StartPages.unchangedFilePages(smaps: "nonsense\n1-\n").isEmpty)
    }

    #if os(Linux)
    @Test("are given back, and the program goes on")
    func release() throws {
        func resident() throws -> Int {
            let status = try #require(FileManager.default.contents(atPath: "/proc/self/status"))
            let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("RssFile:") }
            return Int(line?.split(separator: " ").dropFirst().first ?? "") ?? 0
        }
        let before = try resident()
        StartPages.release()
        let after = try resident()
        #expect(after < before * 9 / 10, "\(before) KiB before, \(after) KiB after")
    }
    #endif
}
