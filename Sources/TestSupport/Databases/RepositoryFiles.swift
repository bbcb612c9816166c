package import Foundation

/// Where tests find the files that ship with the product. Found from this file's place, so that the working directory
/// does not matter.
package enum RepositoryFiles {
    /// The repository's root directory.
    package static let root: URL = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The `migrations` folder, as ``Migrator`` takes it.
    package static var migrations: String { root.appendingPathComponent("migrations").path }

    /// The text of the file at `path` below the root.
    package static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }
}
