/// The queue and the pool of the platform's own tasks. They exist without being named in settings, and every process with an
/// engine serves them, so that a bulk cancel runs also when every other pool is stuck.
package enum SystemQueue {
    /// Name of the queue and of its pool.
    package static let name = "system"
    /// Slots of the pool in each process, unless settings say otherwise.
    package static let limit = 2
    /// The queue as settings would write it.
    package static let definition = QueueDefinition(name: name, pool: name, weight: 1)
}
