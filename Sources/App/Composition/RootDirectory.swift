import Foundation
import Storage

/// The directory that holds what ships beside the binary.
enum RootDirectory {
    static func migrations(_ root: String) -> String { root + "/migrations" }

    /// The first of ``candidates`` that is one, else the first of them.
    static func find() -> String {
        candidates.first(where: isRoot) ?? candidates[0]
    }

    /// - Throws: ``StorageError/Code/configuration`` naming the first path that is missing, and where was looked for it.
    static func check(_ root: String) throws {
        guard !isRoot(root) else { return }
        throw StorageError(
            .configuration,
            """
            \(migrations(root)) is missing or is not Millrace's; set MILLRACE_ROOT to the directory that holds it, or copy it beside \
            the binary (without MILLRACE_ROOT these are searched: \(candidates.joined(separator: ", ")))
            """)
    }

    /// The working directory; the binary's; the sources it was built from, which is where the package manager keeps them when
    /// the binary is a team's own.
    private static var candidates: [String] {
        let binary = (Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments.first ?? ".")).resolvingSymlinksInPath()
        let sources = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        return [FileManager.default.currentDirectoryPath, binary.deletingLastPathComponent().path, sources.path]
    }

    /// A team's own project may well have a folder of this name: the first migration tells them apart.
    private static func isRoot(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: migrations(path) + "/0002_tasks.sql")
    }
}
