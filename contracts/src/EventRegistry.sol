// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EventRecords, MachineEvent} from "./EventRecords.sol";
import {EventRegistryBase} from "./EventRegistryBase.sol";

/// @title What machines report: revenue and activity, appended by the machine or its operator, never changed.
/// @dev Source: published ABI of EventRegistry (the version with a currency).
contract EventRegistry is EventRegistryBase {
    /// @notice Shortest revenue currency. Source: published name and rule `[A-Z0-9]{3,10}`.
    uint256 public constant CURRENCY_MIN_LEN = 3;

    /// @notice Longest revenue currency. Source: published name and rule.
    uint256 public constant CURRENCY_MAX_LEN = 10;

    event EventSubmitted(
        uint256 indexed machineId, uint256 indexed eventIndex, uint8 eventType, uint256 value, string indexed currency
    );

    error InvalidCurrencyShape();

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    /// @notice Appends one event of a machine. Caller: the machine or its operator. Source: published ABI.
    /// @param machineId a registered, bonded, active machine
    /// @param eventType 0 revenue, 1 activity
    /// @param value any amount; revenue in minor units of `currency`
    /// @param currency `[A-Z0-9]{3,10}` for revenue, empty for activity
    /// @param timestamp Unix seconds, not later than the block's
    /// @param dataHash keccak-256 of raw data kept elsewhere, or zero
    /// @param trustLevel claimed trust, 0 to 2; what it is worth is decided off chain
    /// @param sourceChainId chain of `sourceTxHash`; any number, 0 = this chain
    /// @param sourceTxHash proving transaction, or zero
    /// @param metadata at most MAX_METADATA_SIZE bytes
    function submitEvent(
        uint256 machineId,
        uint8 eventType,
        uint256 value,
        string memory currency,
        uint256 timestamp,
        bytes32 dataHash,
        uint8 trustLevel,
        uint256 sourceChainId,
        bytes32 sourceTxHash,
        bytes memory metadata
    ) external {
        MachineEvent memory event_;
        event_.machineId = machineId;
        event_.eventType = eventType;
        event_.value = value;
        event_.timestamp = timestamp;
        event_.dataHash = dataHash;
        event_.trustLevel = trustLevel;
        event_.sourceChainId = sourceChainId;
        event_.sourceTxHash = sourceTxHash;
        event_.metadata = metadata;
        event_.currency = currency;
        _submit(event_);
    }

    /// @notice One event; `OffsetOutOfBounds` when there is none of that index. Source: published ABI.
    function getEventAt(uint256 machineId, uint256 index) external view returns (MachineEvent memory) {
        return _eventAt(machineId, index);
    }

    /// @notice Up to `limit` events (at most MAX_QUERY_LIMIT) from `offset` on, oldest first; empty at the end,
    ///         `OffsetOutOfBounds` beyond it. Source: published ABI; clamping ours.
    function getEvents(uint256 machineId, uint256 offset, uint256 limit) external view returns (MachineEvent[] memory) {
        MachineEvent[] memory page = new MachineEvent[](_pageEnd(machineId, offset, limit) - offset);
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = EventRecords.read(machineId, offset + i);
        }
        return page;
    }

    function _requireCurrency(MachineEvent memory event_) internal pure override {
        bytes memory text = bytes(event_.currency);
        if (event_.eventType == ACTIVITY) {
            require(text.length == 0, InvalidCurrencyShape());
            return;
        }
        require(text.length >= CURRENCY_MIN_LEN && text.length <= CURRENCY_MAX_LEN, InvalidCurrencyShape());
        for (uint256 i = 0; i < text.length; ++i) {
            bytes1 c = text[i];
            require((c >= "A" && c <= "Z") || (c >= "0" && c <= "9"), InvalidCurrencyShape());
        }
    }

    function _emitSubmitted(MachineEvent memory event_, uint256 index) internal override {
        emit EventSubmitted(event_.machineId, index, event_.eventType, event_.value, event_.currency);
    }
}
