"""Write jgo.lock.toml anew from jgo.toml: exact versions and the sha256 of every jar.

After a change to ``kafka/jgo.toml``: ``python -m commonmode.local.relock``, then the broker tests.
"""

import tempfile
from pathlib import Path

from jgo.env import EnvironmentBuilder, EnvironmentSpec, LockFile, compute_spec_hash
from jgo.maven import MavenContext

from commonmode.local import jars

_AT_RUN_TIME = ("compile", "runtime")


def relock(spec_path: Path, lock_path: Path) -> LockFile:
    """Resolve the coordinates with everything they need at run time, and lock them."""
    spec = EnvironmentSpec.load(spec_path)
    with tempfile.TemporaryDirectory() as folder:
        context = MavenContext(repo_cache=Path(folder), timeout=60)
        wanted = EnvironmentBuilder(context, cache_dir=Path(folder)).spec_to_dependencies(spec)
        direct, transitive = context.resolver.resolve(wanted)
        lock = LockFile.from_resolved_dependencies(
            [*direct, *(one for one in transitive if one.scope in _AT_RUN_TIME)],
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
    relock(jars.SPEC, jars.LOCK)
