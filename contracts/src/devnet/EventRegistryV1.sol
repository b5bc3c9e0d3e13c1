// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EventRecords, MachineEvent} from "../EventRecords.sol";
import {EventRegistryBase} from "../EventRegistryBase.sol";

/// @title The older event registry without currencies, as it runs on the agung test network.
/// @notice For testing that a client notices which version it talks to: a call of the other version's `submitEvent`
///         reverts without data, as it does there.
/// @dev Source: signature from public projects; its getters and log are not published and follow the newer version.
contract EventRegistryV1 is EventRegistryBase {
    /// @notice An event without currency; fields as in `MachineEvent`.
    struct MachineEventV1 {
        uint256 machineId;
        uint8 eventType;
        uint256 value;
        uint256 timestamp;
        bytes32 dataHash;
        uint8 trustLevel;
        uint256 sourceChainId;
        bytes32 sourceTxHash;
        bytes metadata;
    }

    event EventSubmitted(uint256 indexed machineId, uint256 indexed eventIndex, uint8 eventType, uint256 value);

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    /// @notice Appends one event of a machine; parameters and rules as in `EventRegistry.submitEvent`.
    function submitEvent(
        uint256 machineId,
        uint8 eventType,
        uint256 value,
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
        _submit(event_);
    }

    /// @notice One event. Source: ours, after the newer version.
    function getEventAt(uint256 machineId, uint256 index) external view returns (MachineEventV1 memory) {
        return _older(_eventAt(machineId, index));
    }

    /// @notice A page of events. Source: ours, after the newer version.
    function getEvents(uint256 machineId, uint256 offset, uint256 limit)
        external
        view
        returns (MachineEventV1[] memory page)
    {
        page = new MachineEventV1[](_pageEnd(machineId, offset, limit) - offset);
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = _older(EventRecords.read(machineId, offset + i));
        }
    }

    function _older(MachineEvent memory event_) private pure returns (MachineEventV1 memory) {
        return MachineEventV1(
            event_.machineId,
            event_.eventType,
            event_.value,
            event_.timestamp,
            event_.dataHash,
            event_.trustLevel,
            event_.sourceChainId,
            event_.sourceTxHash,
            event_.metadata
        );
    }

    /// @dev There is no currency to check.
    function _requireCurrency(MachineEvent memory) internal pure override {}

    function _emitSubmitted(MachineEvent memory event_, uint256 index) internal override {
        emit EventSubmitted(event_.machineId, index, event_.eventType, event_.value);
    }
}
