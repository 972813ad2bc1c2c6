"""Running an engine that yields sound rather than bars. Worker only."""

from __future__ import annotations

from contextlib import closing

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from generator import jobs, tracks
from generator.engines import AudioChunk, Brief, Engine
from generator.models import Job
from generator.music import audio
from generator.provenance import provenance
from generator.titles import title_of


def compose(job: Job, engine: Engine, brief: Brief) -> list[tracks.Made]:
    """Log every stretch as it comes; a take's sound is all its stretches in a row."""
    scribe = SoundScribe(job, brief)
    with closing(engine.compose(brief, None)) as chunks:  # type: ignore[type-var]
        for chunk in chunks:
            assert isinstance(chunk, AudioChunk)
            scribe.write(chunk)
    return [_made(take, brief, np.concatenate(parts), scribe.rate) for take, parts in enumerate(scribe.takes)]


def _made(take: int, brief: Brief, samples: np.ndarray, rate: int) -> tracks.Made:
    return tracks.Made(
        take=take,
        title=title_of(brief),
        brief=brief.model_dump(mode="json"),
        provenance=provenance(brief.engine),
        seconds=len(samples) / rate,
        files={"sound": audio.encode(samples, rate, "wav")},
    )


class SoundScribe:
    """Logs stretches of sound; the samples lie in the storage, a job's log holds their address."""

    def __init__(self, job: Job, brief: Brief) -> None:
        self.job, self.brief = job, brief
        self.takes: list[list[np.ndarray]] = [[] for _ in range(brief.takes)]
        self.rate = 0

    def write(self, chunk: AudioChunk) -> None:
        """Store one stretch and log where it is."""
        samples = np.asarray(chunk.samples, dtype=np.float32)
        self.rate = chunk.rate
        self.takes[chunk.take].append(samples)
        name = f"{chunk.take}-{chunk.index}.wav"
        stored = ContentFile(audio.encode(samples, chunk.rate, "wav"))
        default_storage.save(f"jobs/{self.job.pk}/{self.job.attempt}/{name}", stored)
        data = {
            "take": chunk.take,
            "index": chunk.index,
            "url": f"/api/v1/compositions/{self.job.pk}/audio/{self.job.attempt}/{name}",
            "seconds": len(samples) / chunk.rate,
            "rms": float(np.sqrt(np.mean(np.square(samples)))),
        }
        jobs.advance(self.job, "audio", data, self.job.progress)
