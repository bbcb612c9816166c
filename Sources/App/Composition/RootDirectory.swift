import Foundation
import Storage

/// The directory that holds what ships beside the binary.
enum RootDirectory {
    static func migrations(_ root: String) -> String { root + "/migrations" }

    /// - Throws: ``StorageError/Code/configuration`` naming the first path that is missing.
    static func check(_ root: String) throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: migrations(root), isDirectory: &isDirectory), isDirectory.boolValue else {
            throw StorageError(.configuration, "\(migrations(root)) is missing; set MILLRACE_ROOT to the directory that holds it")
        }
    }
}
