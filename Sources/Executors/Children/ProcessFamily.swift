import Foundation

/// A child process and everything that it started, wherever that went, and the way to end all of it.
struct ProcessFamily: Sendable {
    /// The child. It is the leader of its session and process group, and not reaped yet, so that its number is its own.
    let head: pid_t
    let marker: ChildMarker
    private static let mostPasses = 200

    /// Asks the process group to end.
    func terminate() {
        Foundation.kill(-head, SIGTERM)
    }

    /// Kills every member. When it returns none of them runs, unless one hangs inside the kernel.
    /// - Returns: how many processes beside the child were killed.
    @discardableResult
    func kill() -> Int {
        // A stopped child starts nothing, and stays the parent by which its descendants are known.
        Foundation.kill(head, SIGSTOP)
        let killed = Self.killAll { descendants() }
        Foundation.kill(-head, SIGKILL)
        Foundation.kill(head, SIGKILL)
        Self.reapAdopted(killed)
        return killed.count
    }

    /// Kills everything below the calling process, for a child whose parent is gone.
    static func killDescendantsOfSelf() {
        let own = getpid()
        _ = killAll { below(own, ProcessTable.all()) }
    }

    /// Kills what children of processes that are gone have left on this machine.
    /// - Returns: how many processes.
    static func killOrphans() -> Int {
        killAll {
            ProcessTable.all().filter { entry in
                entry.pid != getpid() && ChildMarker(of: entry.pid)?.isOrphan == true && ProcessTable.isInOwnNamespace(entry.pid)
            }
        }.count
    }

    /// Members beside the child: below it, in its session, or with its marker.
    private func descendants() -> [ProcessEntry] {
        let all = ProcessTable.all()
        guard let start = all.first(where: { $0.pid == head })?.startTime else { return [] }
        let below = Set(Self.below(head, all).map(\.pid))
        return all.filter { entry in
            guard entry.pid != head, entry.startTime >= start else { return false }
            return below.contains(entry.pid) || entry.session == head || ChildMarker(of: entry.pid) == marker
        }
    }

    private static func below(_ head: pid_t, _ all: [ProcessEntry]) -> [ProcessEntry] {
        let children = Dictionary(grouping: all, by: \.parent)
        var found: [ProcessEntry] = []
        var open = children[head] ?? []
        while let entry = open.popLast() {
            found.append(entry)
            open += children[entry.pid] ?? []
        }
        return found
    }

    /// Looks and kills until nothing lives: one that is just being forked is seen the next time.
    private static func killAll(_ look: () -> [ProcessEntry]) -> Set<pid_t> {
        var killed: Set<pid_t> = []
        for _ in 0..<mostPasses {
            let living = look().filter { !$0.isZombie }
            guard !living.isEmpty else { break }
            for entry in living {
                killed.insert(entry.pid)
                Foundation.kill(entry.pid, SIGKILL)
            }
            usleep(1000)
        }
        return killed
    }

    /// The first process of a container becomes the parent of what was killed, and nobody else reaps it.
    private static func reapAdopted(_ pids: Set<pid_t>) {
        guard getpid() == 1 else { return }
        for pid in pids { waitpid(pid, nil, WNOHANG) }
    }
}
