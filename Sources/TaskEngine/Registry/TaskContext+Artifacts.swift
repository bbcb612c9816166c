import Synchronization

extension TaskContext {
    /// Named files of the task's workflow run or, when it belongs to none, of the task: stored durably, read by the nodes behind, and
    /// listed and downloaded over HTTP.
    public var artifacts: TaskArtifacts { TaskArtifacts(call: { await self.answer($0) }) }

    /// Answers what the handler, here or in a child process, asks for.
    package func answer(_ request: HandlerRequest) async -> HandlerReply {
        switch (helper, request) {
        case (.other(let call), _): return await call(request)
        case (.stores, .secret(let name)): return await answerSecret(name)
        case (.stores(let stores), _):
            guard let store = stores.artifacts else {
                return .refused(code: "artifacts_unavailable", message: "this process keeps no artifacts", isFinal: false)
            }
            return await attemptArtifacts(in: store).answer(request)
        }
    }

    /// Forgets files that the handler began and did not store. Called when it has ended; costs nothing when there were none.
    func closeArtifacts() async {
        if let artifacts = madeArtifacts.withLock({ $0 }) { await artifacts.close() }
    }

    private func attemptArtifacts(in store: ArtifactStore) -> AttemptArtifacts {
        madeArtifacts.withLock { made in
            let artifacts = made ?? AttemptArtifacts(store, task: id, claim: claim, worker: worker, run: run, tenant: tenant)
            made = artifacts
            return artifacts
        }
    }
}
