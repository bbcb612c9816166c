import CProcess
import Foundation

/// Starts a child of this binary.
struct ChildSpawn: Sendable {
    /// The running program itself, also when its file was replaced meanwhile.
    #if os(Linux)
    static let ownProgram = "/proc/self/exe"
    #else
    static let ownProgram = Bundle.main.executablePath ?? CommandLine.arguments[0]
    #endif

    let program: String
    /// The program's name first.
    let arguments: [String]
    let environment: [String: String]

    /// Starts it, with nothing open but its four descriptors, in a session and group of its own, and with signals as they are
    /// when a machine starts.
    /// - Throws: ``ChildFault/notStarted(_:)``.
    func start(_ marker: ChildMarker) throws(ChildFault) -> (pid: pid_t, descriptors: ChildDescriptors) {
        let (parent, child) = try ChildDescriptors.make()
        defer { child.close() }
        do {
            return (try spawn(child, marker), parent)
        } catch {
            parent.close()
            throw error
        }
    }

    private func spawn(_ descriptors: ChildDescriptors, _ marker: ChildMarker) throws(ChildFault) -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, descriptors.output, 1)
        posix_spawn_file_actions_adddup2(&actions, descriptors.errors, 2)
        posix_spawn_file_actions_adddup2(&actions, descriptors.socket, ChildDescriptors.socketInChild)
        #if canImport(Darwin)
        let more = Int16(POSIX_SPAWN_CLOEXEC_DEFAULT) | Int16(POSIX_SPAWN_SETSID)
        #else
        // Ours are closed anyhow; those of libraries need not be.
        millrace_spawn_close_from(&actions, ChildDescriptors.socketInChild + 1)
        let more = millrace_spawn_new_session
        #endif
        var all = sigset_t(), none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK) | more)

        let words = arguments.map { strdup($0) }
        let variables = environment.merging([ChildMarker.name: marker.text]) { $1 }.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, program, &actions, &attributes, words + [nil], variables + [nil])
        guard result == 0 else { throw .notStarted(String(cString: strerror(result))) }
        return pid
    }
}
