import Foundation
import ServiceLifecycle

#if canImport(Glibc)
import Glibc
#endif

/// Pages of the program and of its libraries that the start has touched and a running process hardly does: migrations,
/// settings, registration. They count as resident until somebody asks the kernel to forget them, which nobody does while memory
/// is free; what is still needed is mapped again from the page cache when it is next touched [some 600 faults of 1 µs].
struct StartPages: Service {
    /// How long after its beginning a process has started, for what it matters here.
    private static let start = Duration.seconds(2)

    /// Lets go of them once, then waits for shutdown: a service that returns would end the others.
    func run() async {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.start) }
            Self.release()
            try await gracefulShutdown()
        } catch {
            // The process ends.
        }
    }

    /// Lets go of them; does nothing where there is no `/proc`.
    ///
    /// Only pages that equal their file: `MADV_DONTNEED` on a changed one, as the loader's relocations or a debugger's
    /// breakpoints make, would lose the change (madvise(2)). So mappings with a changed page are left alone, and those that can be
    /// written.
    static func release() {
        #if os(Linux)
        // A file of the kernel's has no length: it is read until nothing more comes.
        // Where it cannot be read the pages stay, which costs memory alone.
        guard let maps = try? FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/smaps")).readToEnd() else { return }
        for range in unchangedFilePages(smaps: String(decoding: maps, as: UTF8.self)) {
            guard let start = UnsafeMutableRawPointer(bitPattern: range.lowerBound) else { continue }
            // Advice: when it is not taken, the pages stay.
            _ = madvise(start, Int(range.upperBound - range.lowerBound), MADV_DONTNEED)
        }
        #endif
    }

    /// Addresses of the private mappings of files that cannot be written and of which no page was changed, from the text of
    /// `/proc/PID/smaps` (proc_pid_smaps(5)).
    static func unchangedFilePages(smaps: String) -> [Range<UInt>] {
        var found: [Range<UInt>] = []
        var current: Range<UInt>?
        for line in smaps.split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            guard let first = words.first else { continue }
            if !first.hasSuffix(":") {
                if let current { found.append(current) }
                current = unwritableFile(words)
            } else if first == "Private_Dirty:" || first == "Shared_Dirty:" || first == "Anonymous:", words.dropFirst().first != "0" {
                current = nil
            }
        }
        if let current { found.append(current) }
        return found
    }

    /// `55d0c0000000-55d0c1000000 r-xp 00000000 fe:00 123 /usr/bin/millrace`
    private static func unwritableFile(_ words: [Substring]) -> Range<UInt>? {
        guard words.count >= 6, words[1] == "r-xp" || words[1] == "r--p", words[5].hasPrefix("/") else { return nil }
        let bounds = words[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
        return bounds.count == 2 && bounds[0] < bounds[1] ? bounds[0]..<bounds[1] : nil
    }
}
