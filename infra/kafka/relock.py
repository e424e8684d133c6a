"""Write jgo.lock.toml anew from jgo.toml: exact versions and the sha256 of every jar.

Run it after a change to ``infra/commonmode/local/kafka/jgo.toml``, then run the broker tests.
"""

import tempfile
from pathlib import Path

from commonmode.local import jars
from jgo.env import EnvironmentBuilder, EnvironmentSpec, LockFile
from jgo.env._lockfile import compute_spec_hash
from jgo.maven import MavenContext


def relock(spec_path: Path, lock_path: Path) -> LockFile:
    """Resolve the spec's coordinates with everything they need at run time, and lock them."""
    spec = EnvironmentSpec.load(spec_path)
    with tempfile.TemporaryDirectory() as folder:
        context = MavenContext(repo_cache=Path(folder), timeout=60)
        wanted = EnvironmentBuilder(context, cache_dir=Path(folder)).spec_to_dependencies(spec)
        direct, transitive = context.resolver.resolve(wanted)
        lock = LockFile.from_resolved_dependencies(
            [*direct, *(one for one in transitive if one.scope in ("compile", "runtime"))],
            environment_name=spec.name,
            java_version=spec.java_version,
            min_java_version=17,
            entrypoints=spec.entrypoints,
            default_entrypoint=spec.default_entrypoint,
            spec_hash=compute_spec_hash(spec_path),
        )
    lock.save(lock_path)
    return lock


if __name__ == "__main__":
    print(relock(jars.SPEC, jars.LOCK))  # noqa: T201 - a script reports on stdout
