import Foundation
import TestSupport

/// A file system in memory that is full soon. Only root can mount one.
struct SmallFileSystem: Sendable {
    let path: String

    #if os(Linux)
    static let isAvailable = getuid() == 0 && canMount
    #else
    static let isAvailable = false
    #endif

    /// Runs `body` with one mounted at `path`, which is unmounted afterwards even if files on it are still open.
    static func with<Result>(megabytes: Int, at path: String, _ body: (SmallFileSystem) async throws -> Result) async throws -> Result {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try mount(path, megabytes: megabytes)
        do {
            let result = try await body(SmallFileSystem(path: path))
            unmount(path)
            return result
        } catch {
            unmount(path)
            throw error
        }
    }

    /// Takes all the room that is left, while others take some as well.
    func fill() throws {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HarnessError("no file at \(ballast): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
        guard errno == ENOSPC else { throw HarnessError("\(ballast) cannot be written: \(String(cString: strerror(errno)))") }
    }

    /// Gives it back.
    func makeRoom() throws {
        try FileManager.default.removeItem(atPath: ballast)
    }

    private var ballast: String { path + "/ballast" }

    #if os(Linux)
    /// Containers may keep root from mounting.
    private static let canMount: Bool = {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("millrace-mount-" + UUID().uuidString).path
        defer { rmdir(path) }
        guard mkdir(path, 0o700) == 0, (try? mount(path, megabytes: 1)) != nil else { return false }
        unmount(path)
        return true
    }()

    private static func mount(_ path: String, megabytes: Int) throws {
        guard Glibc.mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            throw HarnessError("no file system at \(path): \(String(cString: strerror(errno)))")
        }
    }

    private static func unmount(_ path: String) {
        umount2(path, Int32(MNT_DETACH))
    }
    #else
    private static func mount(_ path: String, megabytes: Int) throws {
        throw HarnessError("not on this system")
    }

    private static func unmount(_ path: String) {}
    #endif
}
