"""Presidio 2.2 as its containers run it, but for the language model: ``python -m tests.real.presidio_server PORT HALF [LANGUAGE]...``.

Its package brings the engines, and its repository two Flask files over them (``presidio-analyzer/app.py``, ``presidio-anonymizer/app.py``), which are
no part of it. This one routes, calls and answers as they do. HALF is analyzer, anonymizer or both. The pipelines of spaCy are blank: people, places
and dates in words are not found, and everything that Presidio finds by pattern and check digit is.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import spacy
import tldextract
from flask import Flask, Response, jsonify, request
from presidio_analyzer import AnalyzerEngine, AnalyzerRequest, BatchAnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpEngineProvider
from presidio_anonymizer import AnonymizerEngine, DeanonymizeEngine
from presidio_anonymizer.entities import InvalidParamError
from presidio_anonymizer.services.app_entities_convertor import AppEntitiesConvertor
from werkzeug.exceptions import BadRequest, HTTPException


def engine(languages: list[str]) -> AnalyzerEngine:
    """Presidio's analyzer with all its own recognizers for these languages."""
    folder = Path(tempfile.mkdtemp(prefix="presidio-"))
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())  # the list that it ships: nothing is fetched
    models = []
    for language in languages:
        spacy.blank(language).to_disk(folder / language)
        models.append({"lang_code": language, "model_name": str(folder / language)})
    nlp = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models}).create_engine()
    registry = RecognizerRegistry(supported_languages=languages)
    registry.load_predefined_recognizers(languages=languages, nlp_engine=nlp)
    return AnalyzerEngine(registry=registry, nlp_engine=nlp, supported_languages=languages)


def analyzer(app: Flask, languages: list[str]) -> None:
    """The routes of presidio-analyzer/app.py."""
    analyzing = engine(languages)
    several = BatchAnalyzerEngine(analyzing)

    @app.post("/analyze")
    def analyze() -> Any:
        try:
            asked = AnalyzerRequest(request.get_json())
            if not asked.text:
                raise Exception("No text provided")
            if not asked.language:
                raise Exception("No language provided")
            analyzing.get_supported_entities(asked.language)
            texts = asked.text if isinstance(asked.text, list) else [asked.text]
            found = several.analyze_iterator(
                texts=texts,
                batch_size=min(len(texts), 500),
                language=asked.language,
                correlation_id=asked.correlation_id,
                score_threshold=asked.score_threshold,
                entities=asked.entities,
                return_decision_process=asked.return_decision_process,
                ad_hoc_recognizers=asked.ad_hoc_recognizers,
                context=asked.context,
                allow_list=asked.allow_list,
                allow_list_match=asked.allow_list_match,
                regex_flags=asked.regex_flags,
                n_process=1,
            )
            lists = []
            for results in found:
                for each in results:
                    if hasattr(each, "recognition_metadata"):
                        del each.recognition_metadata
                lists.append(results)
            answer = lists if isinstance(asked.text, list) else lists[0]
            return Response(json.dumps(answer, default=lambda each: each.to_dict(), sort_keys=True), content_type="application/json")
        except TypeError as error:
            return jsonify(error=f"Failed to parse /analyze request for AnalyzerEngine.analyze(). {error.args[0]}"), 400
        except Exception as error:
            return jsonify(error=error.args[0]), 500

    @app.get("/recognizers")
    def recognizers() -> Any:
        try:
            return jsonify([each.name for each in analyzing.get_recognizers(request.args.get("language"))])
        except Exception as error:
            return jsonify(error=error.args[0]), 500

    @app.get("/supportedentities")
    def supported_entities() -> Any:
        try:
            return jsonify(analyzing.get_supported_entities(request.args.get("language")))
        except Exception as error:
            return jsonify(error=error.args[0]), 500


def anonymizer(app: Flask) -> None:
    """The routes of presidio-anonymizer/app.py."""
    taking_out, putting_back = AnonymizerEngine(), DeanonymizeEngine()

    @app.post("/anonymize")
    def anonymize() -> Any:
        content = request.get_json()
        if not content:
            raise BadRequest("Invalid request json")
        operators = AppEntitiesConvertor.operators_config_from_json(content.get("anonymizers"))
        if AppEntitiesConvertor.check_custom_operator(operators):
            raise BadRequest("Custom type anonymizer is not supported")
        results = AppEntitiesConvertor.analyzer_results_from_json(content.get("analyzer_results"))
        changed = taking_out.anonymize(text=content.get("text", ""), analyzer_results=results, operators=operators)
        return Response(changed.to_json(), mimetype="application/json")

    @app.post("/deanonymize")
    def deanonymize() -> Any:
        content = request.get_json()
        if not content:
            raise BadRequest("Invalid request json")
        entities = AppEntitiesConvertor.deanonymize_entities_from_json(content)
        operators = AppEntitiesConvertor.operators_config_from_json(content.get("deanonymizers"))
        changed = putting_back.deanonymize(text=content.get("text", ""), entities=entities, operators=operators)
        return Response(changed.to_json(), mimetype="application/json")

    @app.get("/anonymizers")
    def anonymizers() -> Any:
        return jsonify(taking_out.get_anonymizers())

    @app.get("/deanonymizers")
    def deanonymizers() -> Any:
        return jsonify(putting_back.get_deanonymizers())

    @app.errorhandler(InvalidParamError)
    def invalid(error: InvalidParamError) -> Any:
        return jsonify(error=error.err_msg), 422

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Any:
        return jsonify(error="Internal server error"), 500


def create(half: str, languages: list[str]) -> Flask:
    """One of the two services, or both as a gateway before them shows them."""
    app = Flask("presidio")
    if half != "anonymizer":
        analyzer(app, languages)
    if half != "analyzer":
        anonymizer(app)

    @app.get("/health")
    def health() -> str:
        return f"Presidio {half.capitalize()} service is up"

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Any:
        return jsonify(error=error.description), error.code

    return app


if __name__ == "__main__":
    port, half, *languages = sys.argv[1:]
    assert re.fullmatch("analyzer|anonymizer|both", half), half
    create(half, languages or ["en"]).run(host="127.0.0.1", port=int(port), threaded=True)
